import CgroupModel

extension CgroupFigures {
    /// The figure of a column; for `cpu`, the percentage or the time in microseconds.
    func figure(_ column: Column, percent: Bool = true) -> Figure {
        switch column {
        case .cgroup, .state: .without(.absent)
        case .tasks: tasks
        case .cpu: percent ? cpuPercent : cpuTime
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

    /// The sort value of a cgroup; nil sorts last.
    func sortValue(_ key: SortKey, percent: Bool) -> Double? {
        switch key {
        case .path: return nil
        case .tasks: return tasks.number
        case .cpu: return figure(.cpu, percent: percent).number
        case .memory: return memory.number
        case .io:
            let read = read.number
            let written = written.number
            return read == nil && written == nil ? nil : (read ?? 0) + (written ?? 0)
        }
    }
}
