import CgroupModel
import Events

/// The tables of `cgwarden-events(1)`.
enum EventSections {
    static let parts: [String: [String]] = ["kinds": Roff.list(kinds), "fields": Roff.list(fields)]

    private static let kinds = EventKind.allCases.map { kind -> (head: String, body: [String]) in
        let names = kind.details.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        let details = names.isEmpty ? "" : " Details: \(names)."
        return ("Cm \(Roff.argument(kind.rawValue))", Roff.prose(kind.help + details))
    }

    private static let fields = EventField.allCases.map { field -> (head: String, body: [String]) in
        ("Cm \(field.rawValue)", Roff.prose(field.help))
    }
}
