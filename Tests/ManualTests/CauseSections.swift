import Causes

/// The tables of `cgwarden-explain(1)`.
enum CauseSections {
    static let parts: [String: [String]] = [
        "severities": Roff.list(severities), "kinds": Roff.list(kinds),
    ]

    private static let severities = Severity.allCases.map {
        severity -> (head: String, body: [String]) in
        ("Cm \(severity.rawValue)", Roff.prose(severity.help))
    }

    private static let kinds = FindingKind.allCases.map { kind -> (head: String, body: [String]) in
        let row = kind.row
        return (
            "Cm \(kind.rawValue) Pq \(row.severity.rawValue)",
            Roff.prose("\(row.help) \(row.why.prefix(1).uppercased())\(row.why.dropFirst()).")
        )
    }
}
