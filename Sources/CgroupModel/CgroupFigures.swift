/// What the views show of one cgroup; the root takes from the machine what it does not have.
package struct CgroupFigures {
    /// The rows of the catalog that they are made of.
    package static let metrics: [MetricID] = [
        .pidsCurrent, .cpuUsage, .cpuPeriods, .cpuThrottledPeriods, .memoryUsage, .memoryMax,
        .memoryMaxEffective, .memorySwapUsage, .cpuPressureSome, .memoryPressureSome,
        .ioPressureSome, .ioReadBytes, .ioWrittenBytes, .memoryOOMKills, .memoryLocalOOMKills,
        .memoryUnderOOM, .frozen, .freezerState, .freeze, .selfFreezing, .memoryHigh,
    ]

    private let snapshot: Snapshot
    private let index: Int
    private let isRoot: Bool

    /// The figures of the cgroup at `index`.
    package init(_ snapshot: Snapshot, _ index: Int) {
        self.snapshot = snapshot
        self.index = index
        isRoot = snapshot.cgroups[index].path.isRoot
    }

    /// Tasks of the cgroup and its descendants.
    package var tasks: Figure { plain(.pidsCurrent, host: snapshot.host.tasks) }

    /// CPU time in microseconds.
    package var cpuTime: Figure { plain(.cpuUsage, host: snapshot.host.cpuBusy) }

    /// CPU in percent of one CPU.
    package var cpuPercent: Figure {
        let own = Figure(
            snapshot.cpusUsed(index).map { $0 * 100 }, from: snapshot[index, .cpuUsage])
        return isRoot ? own.orElse(snapshot.hostCPUPercent) : own
    }

    /// Throttled periods in percent of all.
    package var throttledPercent: Figure {
        Figure(
            snapshot.throttledRatio(index).map { $0 * 100 },
            from: snapshot[index, .cpuThrottledPeriods])
    }

    /// Memory in bytes.
    package var memory: Figure { plain(.memoryUsage, host: snapshot.host.memoryUsed) }

    /// Memory in percent of the lowest limit of the cgroup and its ancestors.
    package var memoryShare: Figure {
        let usage = memory
        guard let used = usage.number else { return usage }
        let limit = snapshot.effectiveMemoryMax(index)
        let known = limit.value ?? (isRoot ? snapshot.host.memoryTotal.value : nil)
        guard let known, known > 0 else { return Figure(nil, from: limit) }
        return .value(used / Double(known) * 100)
    }

    /// Swap in bytes.
    package var swap: Figure { plain(.memorySwapUsage, host: snapshot.host.swapUsed) }

    /// `some avg10` of the CPU's pressure, in hundredths of a percent.
    package var cpuPressure: Figure { plain(.cpuPressureSome, host: snapshot.host.cpuPressure) }

    /// The same of memory.
    package var memoryPressure: Figure {
        plain(.memoryPressureSome, host: snapshot.host.memoryPressure)
    }

    /// The same of I/O.
    package var ioPressure: Figure { plain(.ioPressureSome, host: snapshot.host.ioPressure) }

    /// Bytes a second from all devices.
    package var read: Figure { summedRate(.ioReadBytes) }

    /// Bytes a second to all devices.
    package var written: Figure { summedRate(.ioWrittenBytes) }

    private func summedRate(_ metric: MetricID) -> Figure {
        Figure(snapshot.summedRate(index, metric), from: snapshot.total(index, metric))
    }

    /// Processes that the OOM killer ended.
    package var oomKills: Figure { plain(.memoryOOMKills).orElse(plain(.memoryLocalOOMKills)) }

    /// The most telling state, nil where there is nothing to tell: `frozen`, or `frozen by /a` where
    /// that is an ancestor's doing.
    package var state: String? {
        if isCovered { return "covered" }
        if snapshot[index, .frozen].value == 1 { return "frozen" + by(snapshot.freezer(of: index)) }
        if let word = snapshot[index, .freezerState].value, Word.text(word) == "FREEZING" {
            return "freezing"
        }
        if snapshot[index, .memoryUnderOOM].value == 1 { return "under oom" }
        if let ratio = snapshot.throttledRatio(index), ratio > 0 { return "throttled" }
        if waitsForCPU, let ancestor = snapshot.throttler(of: index) {
            return "throttled" + by(ancestor)
        }
        if isOverHigh { return "over high" }
        if waitsForMemory, let ancestor = snapshot.ancestorOverHigh(of: index) {
            return "over high" + by(ancestor)
        }
        return nil
    }

    private func by(_ ancestor: Int?) -> String {
        ancestor.map { " by \(snapshot.cgroups[$0].path)" } ?? ""
    }

    /// Whether tasks wait for a CPU; where the kernel has no pressure, whether any ran at all.
    private var waitsForCPU: Bool {
        let pressure = snapshot[index, .cpuPressureSome]
        return pressure.isKnown
            ? pressure.value ?? 0 > 0 : snapshot.rate(index, .cpuUsage) ?? 0 > 0
    }

    private var waitsForMemory: Bool { snapshot[index, .memoryPressureSome].value ?? 0 > 0 }

    private var isOverHigh: Bool { waitsForMemory && snapshot.isOverHigh(index) }

    /// Whether a mount hides the files of which the figures are made.
    private var isCovered: Bool {
        [MetricID.cpuUsage, .memoryUsage, .pidsCurrent].contains {
            snapshot[index, $0] == .covered
        }
    }

    private func plain(_ metric: MetricID, host: Reading = .absent) -> Figure {
        let own = Figure(snapshot[index, metric])
        return isRoot ? own.orElse(Figure(host)) : own
    }
}

extension Snapshot {
    /// The busy share of all CPUs in percent of one CPU.
    package var hostCPUPercent: Figure {
        guard let now = host.cpuBusy.value, let before = host.previousCPUBusy.value, now >= before,
            let seconds = tierTimes[Tier.tick.rawValue].seconds
        else { return Figure(nil, from: host.cpuBusy) }
        return .value(Double(now - before) / 1e6 / seconds * 100)
    }
}
