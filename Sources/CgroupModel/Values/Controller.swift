/// A kernel resource controller, under its unified (v2) name.
package enum Controller: String, CaseIterable, Sendable, Comparable {
    /// Files that every cgroup has: `cgroup.*`, and on v2 the pressure files.
    case core
    case cpu, cpuacct, cpuset, memory, io, pids, freezer, devices
    case netCls = "net_cls"
    case netPrio = "net_prio"
    case hugetlb
    case perfEvent = "perf_event"
    case rdma, misc, dmem

    /// The name in v1 mount options and in `/proc/PID/cgroup`; nil for `core`.
    package var legacyName: String? {
        switch self {
        case .core: nil
        case .io: "blkio"
        default: rawValue
        }
    }

    /// Finds a controller by its name in either version.
    package init?(name: String) {
        if name == "blkio" {
            self = .io
        } else if let known = Controller(rawValue: name), known != .core {
            self = known
        } else {
            return nil
        }
    }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The order in which controllers are listed.
    package static func < (left: Controller, right: Controller) -> Bool { left.order < right.order }
}
