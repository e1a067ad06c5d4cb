extension MetricCatalog {
    /// The rows of pids, hugetlb, rdma, misc, devices, net_cls and net_prio.
    ///
    /// perf_event has no files: membership is all there is to it.
    static let smallRows: [Row] = [
        Row(
            "pids.current", .pids, .gauge, .count, .tick, v2: "pids.current", v1: "pids.current",
            family: "cgroup_pids_current", in: .basic, "Tasks, zombies included."),
        Row(
            "pids.max", .pids, .limit, .count, .settings, v2: "pids.max", v1: "pids.max",
            family: "cgroup_pids_max", in: .basic, "Most tasks allowed."),
        Row(
            "pids.peak", .pids, .peak, .count, .settings, v2: "pids.peak", v1: "pids.peak",
            family: "cgroup_pids_peak", "Most tasks so far."),
        Row(
            "pids.events.max", .pids, .counter, .count, .costly, v2: "pids.events max",
            v1: "pids.events max", family: "cgroup_pids_events_max_total", in: .basic,
            "Forks that were refused because of the limit."),
        Row(
            "pids.events.local.max", .pids, .counter, .count, .costly,
            v2: "pids.events.local max", "Forks refused because of this cgroup's own limit."),
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
            v1: "hugetlb.*.max_usage_in_bytes", "Most huge pages in use so far (v1)."),
        Row(
            "hugetlb.events_max", .hugetlb, .counter, .count, .settings, by: .pageSize,
            v2: "hugetlb.*.events max", v1: "hugetlb.*.failcnt",
            family: "cgroup_hugetlb_events_max_total", "Allocations refused by the limit."),
        Row(
            "hugetlb.events_local_max", .hugetlb, .counter, .count, .settings, by: .pageSize,
            v2: "hugetlb.*.events.local max", "Allocations refused by this cgroup's own limit."),
        Row(
            "hugetlb.rsvd_current", .hugetlb, .gauge, .bytes, .settings, by: .pageSize,
            v2: "hugetlb.*.rsvd.current", v1: "hugetlb.*.rsvd.usage_in_bytes",
            "Huge pages reserved."),
        Row(
            "hugetlb.rsvd_max", .hugetlb, .limit, .bytes, .settings, by: .pageSize,
            v2: "hugetlb.*.rsvd.max", v1: "hugetlb.*.rsvd.limit_in_bytes",
            "Huge page reservations allowed."),
        Row(
            "rdma.hca_handle_current", .rdma, .gauge, .count, .settings, by: .resource,
            v2: "rdma.current hca_handle", v1: "rdma.current hca_handle", "RDMA handles in use."),
        Row(
            "rdma.hca_object_current", .rdma, .gauge, .count, .settings, by: .resource,
            v2: "rdma.current hca_object", v1: "rdma.current hca_object", "RDMA objects in use."),
        Row(
            "rdma.hca_handle_max", .rdma, .limit, .count, .settings, by: .resource,
            v2: "rdma.max hca_handle", v1: "rdma.max hca_handle", "RDMA handles allowed."),
        Row(
            "rdma.hca_object_max", .rdma, .limit, .count, .settings, by: .resource,
            v2: "rdma.max hca_object", v1: "rdma.max hca_object", "RDMA objects allowed."),
        Row(
            "misc.current", .misc, .gauge, .count, .settings, by: .resource, v2: "misc.current",
            v1: "misc.current", "Units of a miscellaneous resource in use."),
        Row(
            "misc.max", .misc, .limit, .count, .settings, by: .resource, v2: "misc.max",
            v1: "misc.max", "Units of a miscellaneous resource allowed."),
        Row(
            "misc.peak", .misc, .peak, .count, .settings, by: .resource, v2: "misc.peak",
            v1: "misc.peak", "Most units of a miscellaneous resource so far."),
        Row(
            "misc.capacity", .misc, .gauge, .count, .settings, by: .resource,
            v2: "misc.capacity", v1: "misc.capacity", "Units that the machine has (root)."),
        Row(
            "misc.events", .misc, .counter, .count, .settings, by: .resource, v2: "misc.events",
            v1: "misc.events", "Charges refused by the limit, by `RESOURCE.max`."),
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
