import CgroupModel

/// What the table shows of one cgroup; the root takes from the machine what it does not have.
struct CgroupFigures {
    private let snapshot: Snapshot
    private let index: Int
    private let isRoot: Bool

    init(_ snapshot: Snapshot, _ index: Int) {
        self.snapshot = snapshot
        self.index = index
        isRoot = snapshot.cgroups[index].path.isRoot
    }

    /// The number of a column; for `cpu` the percentage or the time in microseconds.
    func figure(_ column: Column, percent: Bool = true) -> Figure {
        switch column {
        case .cgroup, .state: .without(.absent)
        case .tasks: plain(.pidsCurrent, host: snapshot.host.tasks)
        case .cpu: percent ? cpuPercent : plain(.cpuUsage, host: snapshot.host.cpuBusy)
        case .throttled:
            Figure(
                snapshot.throttledRatio(index).map { $0 * 100 },
                from: snapshot[index, .cpuThrottledPeriods])
        case .memory: plain(.memoryUsage, host: snapshot.host.memoryUsed)
        case .memoryShare: memoryShare
        case .swap: plain(.memorySwapUsage, host: snapshot.host.swapUsed)
        case .pressureCPU: plain(.cpuPressureSome, host: snapshot.host.cpuPressure)
        case .pressureMemory: plain(.memoryPressureSome, host: snapshot.host.memoryPressure)
        case .pressureIO: plain(.ioPressureSome, host: snapshot.host.ioPressure)
        case .read: Figure(snapshot.summedRate(index, .ioReadBytes), from: .absent)
        case .written: Figure(snapshot.summedRate(index, .ioWrittenBytes), from: .absent)
        case .oom: plain(.memoryOOMKills).orElse(plain(.memoryLocalOOMKills))
        }
    }

    /// What orders the rows; nil stands last.
    func sortValue(_ key: SortKey, percent: Bool) -> Double? {
        switch key {
        case .path: return nil
        case .tasks: return figure(.tasks).number
        case .cpu: return figure(.cpu, percent: percent).number
        case .memory: return figure(.memory).number
        case .io:
            let read = figure(.read).number
            let written = figure(.written).number
            return read == nil && written == nil ? nil : (read ?? 0) + (written ?? 0)
        }
    }

    /// The most telling state, nil where there is nothing to tell.
    var state: String? {
        if snapshot[index, .frozen].value == 1 { return "frozen" }
        if let word = snapshot[index, .freezerState].value, Word.text(word) == "FREEZING" {
            return "freezing"
        }
        if snapshot[index, .memoryUnderOOM].value == 1 { return "under oom" }
        if let ratio = snapshot.throttledRatio(index), ratio > 0 { return "throttled" }
        return nil
    }

    private var cpuPercent: Figure {
        let own = Figure(
            snapshot.cpusUsed(index).map { $0 * 100 }, from: snapshot[index, .cpuUsage])
        return isRoot ? own.orElse(snapshot.hostCPUPercent) : own
    }

    private var memoryShare: Figure {
        let usage = figure(.memory)
        guard let used = usage.number else { return usage }
        let limit = snapshot.effectiveMemoryMax(index)
        let known = limit.value ?? (isRoot ? snapshot.host.memoryTotal.value : nil)
        guard let known, known > 0 else { return Figure(nil, from: limit) }
        return .value(used / Double(known) * 100)
    }

    private func plain(_ metric: MetricID, host: Reading = .absent) -> Figure {
        let own = Figure(snapshot[index, metric])
        return isRoot ? own.orElse(Figure(host)) : own
    }
}

extension Snapshot {
    /// The busy share of all CPUs in percent of one CPU.
    var hostCPUPercent: Figure {
        guard let now = host.cpuBusy.value, let before = host.previousCPUBusy.value, now >= before,
            let seconds = tierTimes[Tier.tick.rawValue].seconds
        else { return Figure(nil, from: host.cpuBusy) }
        return .value(Double(now - before) / 1e6 / seconds * 100)
    }
}
