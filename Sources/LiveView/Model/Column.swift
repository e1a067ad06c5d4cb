package import CgroupModel

/// A column of the table; cases are in display order.
package enum Column: String, CaseIterable, Sendable {
    case cgroup, tasks, cpu, throttled, memory
    case memoryShare = "memory-share"
    case swap
    case pressureCPU = "psi-cpu"
    case pressureMemory = "psi-memory"
    case pressureIO = "psi-io"
    case read, written, oom
    case memoryAnon = "memory.anon"
    case memoryFile = "memory.file"
    case memoryKernel = "memory.kernel"
    case memoryPeak = "memory.peak"
    case majorFaults = "major-faults"
    case reads, writes
    case fullMemory = "psi-memory-full"
    case fullIO = "psi-io-full"
    case cpuMax = "cpu.max"
    case cpuWeight = "cpu.weight"
    case memoryMax = "memory.max"
    case memoryHigh = "memory.high"
    case pidsMax = "pids.max"
    case owner, state

    /// The columns of a first start, and of text output.
    package static let usual: [Column] = [
        .cgroup, .tasks, .cpu, .throttled, .memory, .memoryShare, .swap, .pressureCPU,
        .pressureMemory, .pressureIO, .read, .written, .oom, .state,
    ]

    /// The constant properties of a column.
    struct Facts {
        /// The title in the head.
        var title: String
        /// The width in cells, without the space before it.
        var width: Int
        /// The order of removal on a narrow terminal, highest first.
        var expendability: Int
        /// The catalog row of the column's values.
        var metric: MetricID?
        /// An addition to the catalog's help text.
        var note: String
    }

    /// The constant properties of this column.
    var facts: Facts { Self.table[self] ?? Facts(title: "", width: 0, expendability: 99, note: "") }

    /// The metrics that the column's values are computed from.
    package var metrics: [MetricID] {
        if let name = FigureName(rawValue: rawValue) { return name.metrics }
        switch self {
        case .cgroup, .owner: return []
        case .state: return CgroupFigures.metrics
        case .cpuMax: return [.cpuMax, .cpuMaxPeriod]
        default: return [facts.metric].compactMap(\.self)
        }
    }

    /// The text for the help page.
    var help: String {
        guard let metric = facts.metric else { return facts.note }
        let sentence = MetricCatalog[metric].help
        return facts.note.isEmpty ? sentence : "\(sentence) \(facts.note)"
    }

    private static let table: [Column: Facts] = usualFacts.merging(otherFacts) { $1 }

    private static let usualFacts: [Column: Facts] = [
        .cgroup: Facts(
            title: "CGroup", width: 20, expendability: 0, note: "The cgroup's path or name."),
        .tasks: Facts(
            title: "Tasks", width: 5, expendability: 3, metric: .pidsCurrent, note: ""),
        .cpu: Facts(
            title: "%CPU", width: 6, expendability: 1, metric: .cpuUsage,
            note: "100 is one CPU; % shows the time instead."),
        .throttled: Facts(
            title: "Thr%", width: 5, expendability: 8, metric: .cpuThrottledPeriods,
            note: "In percent of all periods."),
        .memory: Facts(title: "Memory", width: 6, expendability: 2, metric: .memoryUsage, note: ""),
        .memoryShare: Facts(
            title: "Mem%", width: 7, expendability: 6, metric: .memoryUsage,
            note: "In percent of the lowest limit of the cgroup and its ancestors."),
        .swap: Facts(
            title: "Swap", width: 6, expendability: 10, metric: .memorySwapUsage, note: ""),
        .pressureCPU: Facts(
            title: "PSIc", width: 5, expendability: 13, metric: .cpuPressureSome, note: ""),
        .pressureMemory: Facts(
            title: "PSIm", width: 5, expendability: 11, metric: .memoryPressureSome, note: ""),
        .pressureIO: Facts(
            title: "PSIi", width: 5, expendability: 12, metric: .ioPressureSome, note: ""),
        .read: Facts(
            title: "In/s", width: 6, expendability: 4, metric: .ioReadBytes, note: "Per second."),
        .written: Facts(
            title: "Out/s", width: 6, expendability: 5, metric: .ioWrittenBytes,
            note: "Per second."),
        .oom: Facts(
            title: "OOM", width: 4, expendability: 9, metric: .memoryOOMKills,
            note: "On v1, of this cgroup alone."),
        .state: Facts(
            title: "State", width: 9, expendability: 7,
            note: "What limits it, and at which ancestor."),
    ]

    private static let otherFacts: [Column: Facts] = [
        .memoryAnon: Facts(
            title: "Anon", width: 6, expendability: 14, metric: .memoryAnon, note: ""),
        .memoryFile: Facts(
            title: "File", width: 6, expendability: 15, metric: .memoryFile, note: ""),
        .memoryKernel: Facts(
            title: "Kernel", width: 6, expendability: 16, metric: .memoryKernel, note: ""),
        .memoryPeak: Facts(
            title: "Peak", width: 6, expendability: 17, metric: .memoryPeak, note: ""),
        .majorFaults: Facts(
            title: "MajF/s", width: 6, expendability: 18, metric: .memoryMajorFaults,
            note: "Per second."),
        .reads: Facts(
            title: "Rd/s", width: 6, expendability: 14, metric: .ioReads, note: "Per second."),
        .writes: Facts(
            title: "Wr/s", width: 6, expendability: 15, metric: .ioWrites, note: "Per second."),
        .fullMemory: Facts(
            title: "FullM", width: 5, expendability: 14, metric: .memoryPressureFull, note: ""),
        .fullIO: Facts(
            title: "FullI", width: 5, expendability: 15, metric: .ioPressureFull, note: ""),
        .cpuMax: Facts(
            title: "CPUmax", width: 6, expendability: 14, metric: .cpuMax, note: "In CPUs."),
        .cpuWeight: Facts(
            title: "Weight", width: 6, expendability: 17, metric: .cpuWeight, note: ""),
        .memoryMax: Facts(
            title: "MemMax", width: 6, expendability: 14, metric: .memoryMax, note: ""),
        .memoryHigh: Facts(
            title: "MemHi", width: 6, expendability: 15, metric: .memoryHigh, note: ""),
        .pidsMax: Facts(
            title: "PidMax", width: 6, expendability: 16, metric: .pidsMax, note: ""),
        .owner: Facts(
            title: "Owner", width: 16, expendability: 18,
            note: "The unit, container runtime or kubelet that sets its limits, by its path."),
    ]
}
