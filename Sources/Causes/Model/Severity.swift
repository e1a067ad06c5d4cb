/// How bad a finding is, the worst first.
package enum Severity: String, CaseIterable, Sendable, Comparable {
    /// Nothing in the cgroup runs.
    case stuck
    /// Processes are killed or forks fail, now or within a minute.
    case failing
    /// Tasks lose time.
    case slow
    /// A limit is reached within minutes at the present slope.
    case soon
    /// Worth knowing, without a measured loss.
    case note
    /// Nothing holds the cgroup up.
    case healthy

    /// A description in one sentence.
    package var help: String {
        switch self {
        case .stuck: "Nothing in the cgroup runs."
        case .failing: "Processes are killed or forks fail, now or within a minute."
        case .slow: "Tasks lose at least 5% of the time."
        case .soon: "A limit is reached soon at the present slope."
        case .note: "Worth knowing, without a measured loss."
        case .healthy: "Nothing holds the cgroup up."
        }
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Orders the worst first.
    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
