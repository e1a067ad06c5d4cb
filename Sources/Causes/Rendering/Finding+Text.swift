import CgroupModel

extension Finding {
    /// The finding as a sentence without a full stop: `throttled 37% of the time by /a: cpu.max 0.2
    /// CPUs`.
    package var text: String {
        switch kind {
        case .gone: "gone: removed while it was watched"
        case .frozen:
            culprit.map { "frozen by \($0)" + (name.map { ": \($0)" } ?? "") }
                ?? "frozen by a cgroup above the visible ones"
        case .underOOM: "stuck without memory\(at): \(limit); the OOM killer is disabled"
        case .killed: "killed by the OOM killer\(cause)"
        case .memoryFull: "about to be killed\(at): \(limit), nothing left to reclaim"
        case .forksFail: "forks fail\(at): \(limit)"
        case .memorySoon, .limitSoon: "reaches \(limitName)\(of) in \(timeLeft)"
        case .quota: "throttled\(time)\(by): \(limit)\(periods)"
        case .memoryHigh: "slowed down\(time)\(by): \(limit)"
        case .memoryReclaim: "reclaims memory\(time)\(at): \(limit)"
        case .ioLimit: "I/O is throttled\(by): \(limit)" + (share == nil ? "" : "; waits\(time)")
        case .cpuset: "waits\(time) for \(value)\(of): cpuset.cpus\(sharers)"
        case .weight: "waits\(time) for a CPU: \(name ?? "weight") \(value)\(of)\(rivals)"
        case .cpuWait:
            "waits\(time) for a CPU: no limit is reached, more tasks are runnable than there are "
                + "CPUs"
        case .memoryWait: "waits\(time) for memory: no limit is reached, the host is short of it"
        case .ioWait: "waits\(time) for I/O: no limit is reached\(sharers)"
        case .near: "\(used) of \(limitName)\(of) is used"
        case .unreadable:
            "unknown limits: \(name ?? "") of \(culprit?.description ?? "") is \(value)"
        case .empty: "empty: neither it nor its descendants have processes"
        case .healthy: "healthy: usage is below 90% of every limit\(pressure)"
        }
    }

    private var by: String { culprit.map { " by \($0)" } ?? "" }

    private var at: String { culprit.map { " at \($0)" } ?? "" }

    private var of: String { culprit.map { " of \($0)" } ?? "" }

    /// The share of lost time: ` 37% of the time`; empty if it is not known.
    private var time: String { share.map { " \(Amount.percent($0)) of the time" } ?? "" }

    /// The share of periods with throttling: `, in 90% of periods`; a period is only partly lost.
    private var periods: String {
        func rate(_ metric: MetricID) -> Double? { evidence.first { $0.metric == metric }?.rate }
        guard let throttled = rate(.cpuThrottledPeriods), let all = rate(.cpuPeriods), all > 0
        else { return "" }
        return ", in \(Amount.percent(min(throttled / all, 1))) of periods"
    }

    private var name: String? { evidence.first?.name }

    private var value: String { evidence.first?.text ?? "unknown" }

    /// The limit with its value: `memory.max 512M`.
    private var limitName: String {
        guard let bound else { return name ?? "a limit" }
        let most = bound.most.map { Amount.text($0, of: bound.limit.metric) }
        return "\(bound.limit.name) \(most ?? bound.limit.text)"
    }

    /// The limit with its value and, unless it limits a rate, the usage.
    private var limit: String {
        guard let bound, let used = bound.used, !bound.isRate else {
            return limitName
        }
        return "\(limitName), \(Amount.text(used, of: bound.limit.metric)) used"
    }

    private var cause: String { culprit.map { " at \($0): \(limitName)" } ?? "" }

    private var timeLeft: String {
        guard let bound, let left = bound.secondsLeft, let slope = bound.slope else {
            return "an unknown time"
        }
        return "\(Amount.seconds(left)) at \(Amount.text(slope, of: bound.limit.metric))/s"
    }

    private var used: String { bound?.ratio.map { Amount.percent($0) } ?? "most" }

    /// The pressure of a healthy cgroup; without a value it is unknown, not low.
    private var pressure: String {
        if share != nil { return ", pressure is below \(Amount.percent(Watch.noise))" }
        let reason =
            switch evidence.first?.missing {
            case nil: "its processes are only in v1 hierarchies"
            case "absent"?: "no pressure file"
            case let word?: word
            }
        return "; pressure is unknown (\(reason))"
    }

    /// The competitors with their usage: `, shared with /b (0.45 CPUs)`.
    private var sharers: String {
        guard !competitors.isEmpty else { return "" }
        let list = competitors.map { "\($0.name) (\(amount($0)))" }
        return ", shared with \(list.joined(separator: ", "))"
    }

    private func amount(_ competitor: Competitor) -> String {
        resource == .cpu
            ? Amount.cpus(competitor.usage) : "\(Amount.bytes(competitor.usage))/s"
    }

    /// The competitors with their weights: ` against 900 of /b (1.6 CPUs)`.
    private var rivals: String {
        guard !competitors.isEmpty else { return "" }
        let list = competitors.map { rival in
            (rival.weight.map { "\($0.text) of " } ?? "") + "\(rival.name) (\(amount(rival)))"
        }
        return " against \(list.joined(separator: ", "))"
    }
}

extension Competitor {
    /// The cgroup, or the processes of it: `the processes in / itself`.
    fileprivate var name: String {
        isDirect ? "the processes in \(cgroup) itself" : cgroup.description
    }
}

extension Bound {
    /// Whether it limits a rate; the current rate says little next to such a limit.
    var isRate: Bool {
        switch MetricCatalog[limit.metric].unit {
        case .microseconds, .bytesPerSecond, .operationsPerSecond: true
        default: false
        }
    }
}
