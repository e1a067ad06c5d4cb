extension MetricCatalog {
    /// The rows of pids, hugetlb, rdma, misc, dmem, devices, net_cls and net_prio.
    ///
    /// perf_event has no files of its own.
    static let smallRows: [Row] =
        taskRows + hugePageRows + resourceRows + deviceMemoryRows + networkRows

    private static let taskRows: [Row] = [
        Row(
            "pids.current", .pids, .gauge, .count, .tick, v2: "pids.current", v1: "pids.current",
            family: "cgroup_pids_current", in: .basic, "Tasks, zombies included."),
        Row(
            "pids.max", .pids, .limit, .count, .settings, v2: "pids.max", v1: "pids.max",
            family: "cgroup_pids_max", in: .basic, "Maximum number of tasks."),
        Row(
            "pids.peak", .pids, .peak, .count, .settings, v2: "pids.peak", v1: "pids.peak",
            family: "cgroup_pids_peak", "Peak number of tasks."),
        Row(
            "pids.events.max", .pids, .counter, .count, .costly, v2: "pids.events max",
            v1: "pids.events max", family: "cgroup_pids_events_max_total", in: .basic,
            formerly: ["pids.forks_failed"],
            "Forks that failed because of the limit."),
        Row(
            "pids.events.local.max", .pids, .counter, .count, .costly,
            v2: "pids.events.local max", "Forks that failed because of this cgroup's own limit."),
    ]

    private static let hugePageRows: [Row] = [
        Row(
            "hugetlb.current", .hugetlb, .gauge, .bytes, .costly, by: .pageSize,
            v2: "hugetlb.*.current", v1: "hugetlb.*.usage_in_bytes",
            family: "cgroup_hugetlb_current_bytes", "Huge pages in use."),
        Row(
            "hugetlb.max", .hugetlb, .limit, .bytes, .settings, by: .pageSize,
            v2: "hugetlb.*.max", v1: "hugetlb.*.limit_in_bytes",
            family: "cgroup_hugetlb_max_bytes", "Huge pages allowed."),
        Row(
            "hugetlb.peak", .hugetlb, .peak, .bytes, .settings, by: .pageSize,
            v1: "hugetlb.*.max_usage_in_bytes", "Peak huge pages in use (v1)."),
        Row(
            "hugetlb.events.max", .hugetlb, .counter, .count, .settings, by: .pageSize,
            v2: "hugetlb.*.events max", v1: "hugetlb.*.failcnt",
            family: "cgroup_hugetlb_events_max_total", formerly: ["hugetlb.events_max"],
            "Allocations refused by the limit."),
        Row(
            "hugetlb.events.local.max", .hugetlb, .counter, .count, .settings, by: .pageSize,
            v2: "hugetlb.*.events.local max", formerly: ["hugetlb.events_local_max"],
            "Allocations refused by this cgroup's own limit."),
        Row(
            "hugetlb.rsvd.current", .hugetlb, .gauge, .bytes, .settings, by: .pageSize,
            v2: "hugetlb.*.rsvd.current", v1: "hugetlb.*.rsvd.usage_in_bytes",
            formerly: ["hugetlb.rsvd_current"],
            "Huge pages reserved."),
        Row(
            "hugetlb.rsvd.max", .hugetlb, .limit, .bytes, .settings, by: .pageSize,
            v2: "hugetlb.*.rsvd.max", v1: "hugetlb.*.rsvd.limit_in_bytes",
            formerly: ["hugetlb.rsvd_max"],
            "Huge page reservations allowed."),
        Row(
            "hugetlb.rsvd.peak", .hugetlb, .peak, .bytes, .settings, by: .pageSize,
            v1: "hugetlb.*.rsvd.max_usage_in_bytes", formerly: ["hugetlb.rsvd_peak"],
            "Peak huge pages reserved (v1)."),
        Row(
            "hugetlb.rsvd.events.max", .hugetlb, .counter, .count, .settings, by: .pageSize,
            v1: "hugetlb.*.rsvd.failcnt", formerly: ["hugetlb.rsvd_events_max"],
            "Reservations refused by the limit (v1)."),
        Row(
            "hugetlb.numa.total", .hugetlb, .gauge, .bytes, .detail, by: .pageSizeAndNode,
            v2: "hugetlb.*.numa_stat total", v1: "hugetlb.*.numa_stat hierarchical_total",
            "Huge pages in use on each node."),
        Row(
            "hugetlb.local.numa.total", .hugetlb, .gauge, .bytes, .detail, by: .pageSizeAndNode,
            v1: "hugetlb.*.numa_stat total",
            "Huge pages in use on each node, without descendants (v1)."),
    ]

    private static let resourceRows: [Row] = [
        Row(
            "rdma.current.hca_handle", .rdma, .gauge, .count, .settings, by: .resource,
            v2: "rdma.current hca_handle", v1: "rdma.current hca_handle",
            formerly: ["rdma.hca_handle_current"], "RDMA handles in use."),
        Row(
            "rdma.current.hca_object", .rdma, .gauge, .count, .settings, by: .resource,
            v2: "rdma.current hca_object", v1: "rdma.current hca_object",
            formerly: ["rdma.hca_object_current"], "RDMA objects in use."),
        Row(
            "rdma.max.hca_handle", .rdma, .limit, .count, .settings, by: .resource,
            v2: "rdma.max hca_handle", v1: "rdma.max hca_handle",
            formerly: ["rdma.hca_handle_max"], "RDMA handles allowed."),
        Row(
            "rdma.max.hca_object", .rdma, .limit, .count, .settings, by: .resource,
            v2: "rdma.max hca_object", v1: "rdma.max hca_object",
            formerly: ["rdma.hca_object_max"], "RDMA objects allowed."),
        Row(
            "misc.current", .misc, .gauge, .count, .settings, by: .resource, v2: "misc.current",
            v1: "misc.current", "Units of a miscellaneous resource in use."),
        Row(
            "misc.max", .misc, .limit, .count, .settings, by: .resource, v2: "misc.max",
            v1: "misc.max", "Units of a miscellaneous resource allowed."),
        Row(
            "misc.peak", .misc, .peak, .count, .settings, by: .resource, v2: "misc.peak",
            v1: "misc.peak", "Peak units of a miscellaneous resource."),
        Row(
            "misc.capacity", .misc, .gauge, .count, .settings, by: .resource,
            v2: "misc.capacity", v1: "misc.capacity", "Units that the host has (root)."),
        Row(
            "misc.events", .misc, .counter, .count, .settings, by: .resource, v2: "misc.events",
            v1: "misc.events", "Charges refused by the limit, by `RESOURCE.max`."),
        Row(
            "misc.events.local", .misc, .counter, .count, .settings, by: .resource,
            v2: "misc.events.local", v1: "misc.events.local", formerly: ["misc.events_local"],
            "Charges refused by this cgroup's own limit, by `RESOURCE.max`."),
    ]

    /// Memory of devices such as graphics cards, per region (since Linux 6.14).
    private static let deviceMemoryRows: [Row] = [
        Row(
            "dmem.current", .dmem, .gauge, .bytes, .costly, by: .resource, v2: "dmem.current",
            v1: "dmem.current", family: "cgroup_dmem_current_bytes", "Device memory in use."),
        Row(
            "dmem.peak", .dmem, .peak, .bytes, .settings, by: .resource, v2: "dmem.peak",
            v1: "dmem.peak", family: "cgroup_dmem_peak_bytes", "Peak device memory in use."),
        Row(
            "dmem.max", .dmem, .limit, .bytes, .settings, by: .resource, v2: "dmem.max",
            v1: "dmem.max", family: "cgroup_dmem_max_bytes", "Device memory allowed."),
        Row(
            "dmem.low", .dmem, .limit, .bytes, .settings, by: .resource, v2: "dmem.low",
            v1: "dmem.low", family: "cgroup_dmem_low_bytes",
            "Best-effort protection of device memory from eviction."),
        Row(
            "dmem.min", .dmem, .limit, .bytes, .settings, by: .resource, v2: "dmem.min",
            v1: "dmem.min", family: "cgroup_dmem_min_bytes",
            "Absolute protection of device memory from eviction."),
        Row(
            "dmem.capacity", .dmem, .gauge, .bytes, .settings, by: .resource, v2: "dmem.capacity",
            v1: "dmem.capacity", family: "cgroup_dmem_capacity_bytes",
            "Device memory that the host has (root)."),
    ]

    private static let networkRows: [Row] = [
        Row(
            "devices.list", .devices, .text, .none, .detail, v1: "devices.list",
            "Devices allowed (v1); `a *:* rwm` hides deny exceptions. v2 uses BPF, without a file."),
        Row(
            "net_cls.classid", .netCls, .setting, .count, .settings, v1: "net_cls.classid",
            "Traffic class of the cgroup's packets, 0xMAJORMINOR (v1)."),
        Row(
            "net_prio.prioidx", .netPrio, .gauge, .count, .settings, v1: "net_prio.prioidx",
            "The kernel's index of this cgroup (v1)."),
        Row(
            "net_prio.ifpriomap", .netPrio, .setting, .count, .settings, by: .interface,
            v1: "net_prio.ifpriomap", "Priority of the cgroup's packets on each interface (v1)."),
    ]
}
