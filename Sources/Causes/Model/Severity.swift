/// How bad a finding is, the worst first.
package enum Severity: String, CaseIterable, Sendable, Comparable {
    /// Nothing in the cgroup runs.
    case stuck
    /// Processes are killed or forks fail, now or within a minute.
    case failing
    /// Tasks lose time.
    case slow
    /// A limit will be reached within minutes if usage keeps growing at this rate.
    case soon
    /// Worth knowing, but no loss was measured.
    case note
    /// Nothing slows the cgroup down.
    case healthy

    /// A description in one sentence.
    package var help: String {
        switch self {
        case .stuck: "Nothing in the cgroup runs."
        case .failing: "Processes are killed or forks fail, now or within a minute."
        case .slow: "Tasks lose at least 5% of the time."
        case .soon: "A limit will be reached soon if usage keeps growing at this rate."
        case .note: "Worth knowing, but no loss was measured."
        case .healthy: "Nothing slows the cgroup down."
        }
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Orders the worst first.
    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
