/// How much is exported unless more is asked for.
public enum ExportProfile: String, CaseIterable, Sendable {
    /// Usage, limits, throttling, pressure, OOM kills, I/O and tasks: what alerts look at.
    case basic
    /// Every family that is not an ``ExportExtra``.
    case full
}

/// Families that are exported only if someone asks for them: many series, or for debugging.
public enum ExportExtra: String, CaseIterable, Sendable {
    /// CPU time by CPU.
    case perCPU = "per-cpu"
    /// PSI averages, which a policy looks at.
    case pressureAverages = "pressure-averages"
    /// iocost's times by device.
    case ioCost = "io-cost"
    /// All of `memory.stat` by its keys.
    case memoryStat = "memory-stat"
    /// Memory by memory node.
    case numa
    /// The number of processes.
    case processes
    /// Living and dying cgroups by controller.
    case controllers
}

/// When a row's family is exported.
public enum ExportGroup: Hashable, Sendable {
    /// In every profile.
    case basic
    /// In the profile `full`.
    case full
    /// If it is asked for.
    case extra(ExportExtra)
}

/// A part of an exposition that can be asked for, and whose reading is timed on its own.
public enum Collector: String, CaseIterable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case core, cpu, cpuset, memory, io, pids, pressure, hugetlb, rdma, misc, devices, network, dmem

    /// The place in ``allCases``.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Metric {
    /// The part of an exposition that the row belongs to.
    public var collector: Collector {
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

    /// The key of the row in the family of all of `memory.stat`; nil for a row from elsewhere.
    public var memoryStatKey: String? {
        guard [v2, v1].contains(where: { $0?.file == "memory.stat" }),
            kind == .counter || kind == .gauge
        else { return nil }
        return String(name.dropFirst("memory.".count))
    }
}
