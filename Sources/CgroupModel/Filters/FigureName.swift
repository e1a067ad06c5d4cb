/// The names of the numbers that views show, as sort orders, columns and filters use them.
package enum FigureName: String, CaseIterable, Sendable {
    case tasks, cpu, throttled, memory
    case memoryShare = "memory-share"
    case swap
    case pressureCPU = "psi-cpu"
    case pressureMemory = "psi-memory"
    case pressureIO = "psi-io"
    case read, written, oom

    /// The metrics that the number is computed from.
    package var metrics: [MetricID] {
        switch self {
        case .tasks: [.pidsCurrent]
        case .cpu: [.cpuUsage]
        case .throttled: [.cpuPeriods, .cpuThrottledPeriods]
        case .memory: [.memoryUsage]
        case .memoryShare: [.memoryUsage, .memoryMax, .memoryMaxEffective]
        case .swap: [.memorySwapUsage]
        case .pressureCPU: [.cpuPressureSome]
        case .pressureMemory: [.memoryPressureSome]
        case .pressureIO: [.ioPressureSome]
        case .read: [.ioReadBytes]
        case .written: [.ioWrittenBytes]
        case .oom: [.memoryOOMKills, .memoryLocalOOMKills]
        }
    }
}

extension CgroupFigures {
    /// The number with a name; CPU in percent of one CPU.
    package func figure(_ name: FigureName) -> Figure {
        switch name {
        case .tasks: tasks
        case .cpu: cpuPercent
        case .throttled: throttledPercent
        case .memory: memory
        case .memoryShare: memoryShare
        case .swap: swap
        case .pressureCPU: cpuPressure
        case .pressureMemory: memoryPressure
        case .pressureIO: ioPressure
        case .read: read
        case .written: written
        case .oom: oomKills
        }
    }
}
