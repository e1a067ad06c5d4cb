/// The owners whose changes are selected.
package enum ChangeOwners: String, Hashable, Sendable, CaseIterable {
    /// All owners.
    case all
    /// The daemon with its limits, rules, pools and guards.
    case daemon
    /// People who ran a command.
    case person

    /// Whether an entry belongs to these owners.
    package func include(_ entry: JournalEntry) -> Bool { include(isDaemons: entry.isDaemons) }

    func include(isDaemons: Bool) -> Bool {
        switch self {
        case .all: true
        case .daemon: isDaemons
        case .person: !isDaemons
        }
    }
}
