/// Whose changes are meant.
public enum ChangeOwners: String, Hashable, Sendable, CaseIterable {
    /// Everybody's.
    case all
    /// Those of the daemon, its limits, rules, pools and guards.
    case daemon
    /// Those of commands that a person gave.
    case person

    /// Whether an entry is one of them.
    public func include(_ entry: JournalEntry) -> Bool { include(isDaemons: entry.isDaemons) }

    func include(isDaemons: Bool) -> Bool {
        switch self {
        case .all: true
        case .daemon: isDaemons
        case .person: !isDaemons
        }
    }
}
