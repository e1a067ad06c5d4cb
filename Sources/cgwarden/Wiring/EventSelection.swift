import ArgumentParser
import CgroupModel
import Events
import PolicyLanguage
import Reports
import Service

/// The events that a user wants.
struct EventSelection {
    /// The kinds; nil for all.
    let kinds: Set<EventKind>?
    /// The first and the last instant in microseconds since 1970; nil for no bound.
    let since, until: UInt64?
    /// The cgroups; nil for all, and for events without a cgroup.
    let pattern: PathPattern?

    func contains(_ event: Event) -> Bool {
        guard kinds?.contains(event.kind) ?? true, event.time.wall >= since ?? 0,
            event.time.wall <= until ?? .max
        else { return false }
        guard let pattern else { return true }
        return event.cgroup.map { pattern.matches($0.path) } ?? false
    }
}

/// A comma-separated list of kinds of events.
struct EventKindList {
    let kinds: Set<EventKind>

    init(parsing text: String) throws {
        let names = EventKind.allCases.map(\.rawValue)
        kinds = try Set(
            text.split(separator: ",").map { part in
                let name = part.filter { $0 != " " }
                if let kind = EventKind(rawValue: name) { return kind }
                let hint = Spelling.hint(
                    for: name, among: names,
                    otherwise: "the kinds are \(names.joined(separator: ", "))")
                throw ValidationError("no kind of event is named \(name); \(hint)")
            })
        if kinds.isEmpty { throw ValidationError("--kind needs at least one name") }
    }
}
