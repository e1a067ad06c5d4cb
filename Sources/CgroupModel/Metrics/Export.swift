/// The default extent of an export.
package enum ExportProfile: String, CaseIterable, Sendable {
    /// Usage, limits, throttling, pressure, OOM kills, I/O and tasks: the families that alerts use.
    case basic
    /// All families that are not an ``ExportExtra``.
    case full
}

/// Families that are exported only on request, because they have many series or are for debugging.
package enum ExportExtra: String, CaseIterable, Sendable {
    /// CPU time per CPU.
    case perCPU = "per-cpu"
    /// PSI averages, which policies use.
    case pressureAverages = "pressure-averages"
    /// The times of iocost per device.
    case ioCost = "io-cost"
    /// All keys of `memory.stat`.
    case memoryStat = "memory-stat"
    /// Memory per memory node.
    case numa
    /// The number of processes.
    case processes
    /// Live and dying cgroups per controller.
    case controllers
}

/// The condition under which a row's family is exported.
package enum ExportGroup: Hashable, Sendable {
    /// Exported in every profile.
    case basic
    /// Exported in the profile `full`.
    case full
    /// Exported on request.
    case extra(ExportExtra)
}

/// A group of metrics that can be requested and whose reading is timed separately.
package enum Collector: String, CaseIterable, Sendable {
    case core, cpu, cpuset, memory, io, pids, pressure, hugetlb, rdma, misc, devices, network, dmem

    /// The index in ``allCases``.
    package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Metric {
    /// The collector that the row belongs to.
    package var collector: Collector {
        if name.contains(".pressure.") { return .pressure }
        switch controller {
        case .core, .freezer, .perfEvent: return .core
        case .cpu, .cpuacct: return .cpu
        case .cpuset: return .cpuset
        case .memory: return .memory
        case .io: return .io
        case .pids: return .pids
        case .hugetlb: return .hugetlb
        case .rdma: return .rdma
        case .misc: return .misc
        case .dmem: return .dmem
        case .devices: return .devices
        case .netCls, .netPrio: return .network
        }
    }

    /// The row's key in the family of all `memory.stat` keys; nil for a row from another file.
    package var memoryStatKey: String? {
        guard [v2, v1].contains(where: { $0?.file == "memory.stat" }),
            kind == .counter || kind == .gauge
        else { return nil }
        return String(name.dropFirst("memory.".count))
    }
}
