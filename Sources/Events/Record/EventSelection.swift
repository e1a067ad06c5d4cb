package import CgroupModel

/// A selection of events.
package struct EventSelection: Sendable {
    /// The kinds; nil for all.
    package var kinds: Set<EventKind>?
    /// The first instant in microseconds since 1970; nil for no bound.
    package var since: UInt64?
    /// The last instant in microseconds since 1970; nil for no bound.
    package var until: UInt64?
    /// The cgroups; nil for all, including events without a cgroup.
    package var pattern: PathPattern?
    /// The cgroup to select events for: its own, those of its ancestors and those of the host; nil
    /// for all.
    ///
    /// Folded events are selected only if they name a part of the tree that contains the cgroup.
    package var line: CgroupPath?

    /// Creates a selection; the default selects all events.
    package init(
        kinds: Set<EventKind>? = nil, since: UInt64? = nil, until: UInt64? = nil,
        pattern: PathPattern? = nil
    ) {
        self.kinds = kinds
        self.since = since
        self.until = until
        self.pattern = pattern
    }

    /// Whether an event is selected.
    package func contains(_ event: Event) -> Bool {
        guard kinds?.contains(event.kind) ?? true, event.time.wall >= since ?? 0,
            event.time.wall <= until ?? .max
        else { return false }
        if let line {
            // Folded events have no cgroup, and may name the part of the tree that they are from.
            let place = event.cgroup?.path ?? event.path(.subtree)
            guard place.map(line.isWithin) ?? (event.folded == 0) else { return false }
        }
        guard let pattern else { return true }
        return event.cgroup.map { pattern.matches($0.path) } ?? false
    }
}

extension EventKind {
    /// An unknown kind in a list, or a list without kinds.
    package struct Mistake: Error, CustomStringConvertible {
        /// The error message, with a suggestion.
        package let description: String
    }

    /// Parses a comma-separated list of at least one kind.
    package static func list(parsing text: String) throws(Mistake) -> Set<EventKind> {
        let names = allCases.map(\.rawValue)
        var kinds: Set<EventKind> = []
        for part in text.split(separator: ",") {
            let name = part.filter { $0 != " " }
            guard let kind = EventKind(rawValue: name) else {
                let hint = Spelling.hint(
                    for: name, among: names,
                    otherwise: "the kinds are \(names.joined(separator: ", "))")
                throw Mistake(
                    description: "no kind of event is named \(name.onOneLine); \(hint)")
            }
            kinds.insert(kind)
        }
        guard !kinds.isEmpty else {
            throw Mistake(description: "a list of kinds needs at least one name")
        }
        return kinds
    }
}
