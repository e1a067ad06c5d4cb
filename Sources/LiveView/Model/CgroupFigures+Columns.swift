import CgroupModel

extension CgroupFigures {
    /// The figure of a column; for `cpu`, the percentage or the time in microseconds.
    func figure(_ column: Column, percent: Bool = true) -> Figure {
        switch column {
        case .cgroup, .owner, .state: return .without(.absent)
        case .cpu: return percent ? cpuPercent : cpuTime
        case .memoryShare:
            // Without a limit there is no share, and the limit has columns of its own.
            let share = memoryShare
            return share == .without(.unlimited) ? .without(.absent) : share
        case .majorFaults: return rate(.memoryMajorFaults)
        case .reads: return rate(.ioReads)
        case .writes: return rate(.ioWrites)
        case .cpuMax: return cpuQuota
        default:
            if let name = FigureName(rawValue: column.rawValue) { return figure(name) }
            return column.facts.metric.map(level) ?? .without(.absent)
        }
    }

    /// The sort value of a cgroup; nil sorts last.
    func sortValue(_ key: SortKey, percent: Bool) -> Double? {
        switch key {
        case .path: return nil
        case .io: return transferred.number
        case .column(.state): return state == nil ? nil : 1
        case .column(let column):
            let figure = figure(column, percent: percent)
            return figure == .without(.unlimited) ? .greatestFiniteMagnitude : figure.number
        }
    }
}
