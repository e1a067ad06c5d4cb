extension LimitCatalog {
    /// The limits on the tree's shape, pids, hugetlb, devices, net_cls, net_prio, rdma, misc and
    /// dmem.
    static let smallRows: [Limit] = [
        row(
            "cgroup.max.depth", .core, .count(0...2_147_483_647), v2: [number("cgroup.max.depth")],
            note: "Existing cgroups stay; only new ones are refused.",
            "Maximum depth of the subtree (v2)."),
        row(
            "cgroup.max.descendants", .core, .count(0...2_147_483_647),
            v2: [number("cgroup.max.descendants")],
            limits: "cgroup.nr_descendants",
            note: "Existing cgroups stay; only new ones are refused.",
            "Maximum number of descendants (v2)."),
        row(
            "pids.max", .pids, .count(0...4_194_304), v2: [tasksMax], v1: [tasksMax],
            limits: "pids.current",
            note: "Below the current number, forks fail; nothing is killed.",
            "Maximum number of tasks (threads), zombies included."),
        row(
            "hugetlb.max", .hugetlb, .bytes, by: .pageSize, v2: [number("hugetlb.*.max")],
            v1: [number("hugetlb.*.limit_in_bytes", unlimited: "-1")],
            limits: "hugetlb.current", note: "Write the size in the name: hugetlb.2MB.max=64MiB.",
            "Hard limit of huge pages of one size."),
        row(
            "devices.allow", .devices, .deviceRule, v1: [LimitFile("devices.allow", .command)],
            note: deviceNote,
            "Allow a device (v1)."),
        row(
            "devices.deny", .devices, .deviceRule, v1: [LimitFile("devices.deny", .command)],
            note: deviceNote, "Deny a device (v1)."),
        row(
            "net_cls.classid", .netCls, .classID, v1: [number("net_cls.classid", unlimited: nil)],
            note: netNote, formerly: ["net.classid"], "Traffic class of its packets (v1)."),
        row(
            "net_prio.ifpriomap", .netPrio, .weight(0...4_294_967_295), by: .interface,
            v1: [LimitFile("net_prio.ifpriomap", .number(unlimited: nil), missing: "0")],
            note: netNote, formerly: ["net.prio"],
            "Priority of its packets on one interface (v1)."),
        row(
            "rdma.max.hca_handle", .rdma, .count(0...2_147_483_647), by: .resource,
            v2: [rdma("hca_handle")], v1: [rdma("hca_handle")],
            "Handles of one RDMA device."),
        row(
            "rdma.max.hca_object", .rdma, .count(0...2_147_483_647), by: .resource,
            v2: [rdma("hca_object")], v1: [rdma("hca_object")],
            "Objects of one RDMA device."),
        row(
            "misc.max", .misc, .count(0...UInt64(Int64.max)), by: .resource,
            v2: [LimitFile("misc.max", .number(unlimited: "max"), missing: "max")],
            v1: [LimitFile("misc.max", .number(unlimited: "max"), missing: "max")],
            limits: "misc.current",
            "Limit of one miscellaneous resource, such as sev."),
        deviceMemory("max", missing: "max", "Device memory of one region, such as a card's VRAM."),
        deviceMemory("low", missing: "0", "Device memory evicted only after unprotected memory."),
        deviceMemory("min", missing: "0", "Device memory that is never evicted."),
    ]

    private static let tasksMax = number(
        "pids.max", systemd: UnitProperty("TasksMax", since: 227), initial: "max")

    private static func deviceMemory(_ kind: String, missing: String, _ help: String) -> Limit {
        let file = LimitFile("dmem.\(kind)", .number(unlimited: "max"), missing: missing)
        return row(
            "dmem.\(kind)", .dmem, .bytes, by: .resource, v2: [file], v1: [file],
            limits: "dmem.current", help)
    }

    private static let deviceNote =
        "The kernel does not show exceptions, so they cannot be undone; v2 uses BPF, "
        + "through systemd's DeviceAllow."
    private static let netNote =
        "v2 has no file for it: match the cgroup's path with nftables (socket cgroupv2)."

    private static func rdma(_ field: String) -> LimitFile {
        LimitFile("rdma.max", .number(unlimited: "max"), field: field, missing: "max")
    }
}
