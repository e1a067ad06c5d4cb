/// The numbers that views show for a cgroup.
///
/// The root cgroup uses the host's numbers where it has none of its own.
package struct CgroupFigures {
    /// The metrics that they are computed from.
    package static let metrics: [MetricID] = [
        .pidsCurrent, .cpuUsage, .cpuPeriods, .cpuThrottledPeriods, .memoryUsage, .memoryMax,
        .memoryMaxEffective, .memorySwapUsage, .cpuPressureSome, .memoryPressureSome,
        .ioPressureSome, .ioReadBytes, .ioWrittenBytes, .memoryOOMKills, .memoryLocalOOMKills,
        .memoryUnderOOM, .frozen, .freezerState, .freeze, .selfFreezing, .memoryHigh,
    ]

    /// The metrics of ``metrics`` that are shown only as rates, which one sample does not have.
    package static let rates: Set<MetricID> = [
        .cpuPeriods, .cpuThrottledPeriods, .ioReadBytes, .ioWrittenBytes,
    ]

    private let snapshot: Snapshot
    private let index: Int
    private let isRoot: Bool

    /// Creates the figures of the cgroup at `index`.
    package init(_ snapshot: Snapshot, _ index: Int) {
        self.snapshot = snapshot
        self.index = index
        isRoot = snapshot.cgroups[index].path.isRoot
    }

    /// Tasks in the cgroup and its descendants.
    package var tasks: Figure { plain(.pidsCurrent, host: snapshot.host.tasks) }

    /// CPU time in microseconds.
    package var cpuTime: Figure { plain(.cpuUsage, host: snapshot.host.cpuBusy) }

    /// CPU usage in percent of one CPU.
    package var cpuPercent: Figure {
        let own = Figure(
            snapshot.cpusUsed(index).map { $0 * 100 }, from: snapshot[index, .cpuUsage])
        return isRoot ? own.orElse(snapshot.hostCPUPercent) : own
    }

    /// Throttled periods in percent of all periods.
    package var throttledPercent: Figure {
        Figure(
            snapshot.throttledRatio(index).map { $0 * 100 },
            from: snapshot[index, .cpuThrottledPeriods])
    }

    /// Memory usage in bytes.
    package var memory: Figure { plain(.memoryUsage, host: snapshot.host.memoryUsed) }

    /// Memory usage in percent of the lowest limit of the cgroup and its ancestors.
    package var memoryShare: Figure {
        let usage = memory
        guard let used = usage.number else { return usage }
        let limit = snapshot.effectiveMemoryMax(index)
        let known = limit.value ?? (isRoot ? snapshot.host.memoryTotal.value : nil)
        guard let known, known > 0 else { return Figure(nil, from: limit) }
        return .value(used / Double(known) * 100)
    }

    /// Swap usage in bytes.
    package var swap: Figure { plain(.memorySwapUsage, host: snapshot.host.swapUsed) }

    /// CPU pressure, `some avg10`, in hundredths of a percent.
    package var cpuPressure: Figure { plain(.cpuPressureSome, host: snapshot.host.cpuPressure) }

    /// Memory pressure, `some avg10`, in hundredths of a percent.
    package var memoryPressure: Figure {
        plain(.memoryPressureSome, host: snapshot.host.memoryPressure)
    }

    /// I/O pressure, `some avg10`, in hundredths of a percent.
    package var ioPressure: Figure { plain(.ioPressureSome, host: snapshot.host.ioPressure) }

    /// Bytes read per second from all devices.
    package var read: Figure { rate(.ioReadBytes) }

    /// Bytes written per second to all devices.
    package var written: Figure { rate(.ioWrittenBytes) }

    /// Bytes read and written per second; if one of them is missing, the other.
    package var transferred: Figure {
        let (read, written) = (self.read, self.written)
        guard read.number != nil || written.number != nil else { return read }
        return .value((read.number ?? 0) + (written.number ?? 0))
    }

    /// The CPUs that the cgroup's own quota allows.
    package var cpuQuota: Figure {
        let own = snapshot[index, .cpuMax]
        guard let quota = own.value, let period = snapshot[index, .cpuMaxPeriod].value, period > 0
        else { return .without(own.value == nil ? own : .absent) }
        return .value(Double(quota) / Double(period))
    }

    /// The level of a metric with one value.
    package func level(_ metric: MetricID) -> Figure { plain(metric) }

    /// The rate of a counter per second; of one with a dimension, the sum of its instances.
    package func rate(_ metric: MetricID) -> Figure {
        Figure(snapshot.totalRate(index, metric), from: snapshot.total(index, metric))
    }

    /// Processes killed by the OOM killer.
    package var oomKills: Figure { plain(.memoryOOMKills).orElse(plain(.memoryLocalOOMKills)) }

    /// The most important state, such as `frozen`, or `frozen by /a` if an ancestor causes it.
    ///
    /// Nil if there is nothing to report.
    package var state: String? {
        if snapshot.departed.contains(snapshot.cgroups[index].id.generation) { return "dead" }
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

    /// Whether tasks wait for a CPU; without pressure in the kernel, whether any task ran.
    private var waitsForCPU: Bool {
        let pressure = snapshot[index, .cpuPressureSome]
        return pressure.isKnown
            ? pressure.value ?? 0 > 0 : snapshot.rate(index, .cpuUsage) ?? 0 > 0
    }

    private var waitsForMemory: Bool { snapshot[index, .memoryPressureSome].value ?? 0 > 0 }

    private var isOverHigh: Bool { waitsForMemory && snapshot.isOverHigh(index) }

    /// Whether a mount hides the files that the figures come from.
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
    /// CPU usage of the host in percent of one CPU, at most that of all CPUs.
    ///
    /// The elapsed time is the host's own total, because its times are read after the cgroups.
    package var hostCPUPercent: Figure {
        Figure(
            host.cpuUtilization.map { $0 * Double(max(host.cpuCount, 1)) * 100 },
            from: host.cpuBusy)
    }
}
