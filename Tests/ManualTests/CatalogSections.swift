import CgroupModel
import Foundation
import PolicyLanguage

/// The tables of the pages about metrics, limits and policies.
enum CatalogSections {
    /// `cgwarden-metrics(7)`.
    static let metrics: [String: [String]] = [
        "families": Roff.list(families), "fields": Roff.list(fields), "names": Roff.list(names),
    ]
    /// `cgwarden-limits(7)`.
    static let limits: [String: [String]] = ["limits": Roff.list(LimitCatalog.all.map(limit))]
    /// `cgwarden-policy(5)`.
    static let policy: [String: [String]] = [
        "first": Roff.display(example("first-policy.yaml").lines), "examples": examples,
        "findings": findings,
    ]

    // MARK: Metrics

    /// A family may have several rows; if their help differs, each field is listed with its own.
    private static var families: [(head: String, body: [String])] {
        let rows = MetricCatalog.all.filter { $0.family != nil }
        let names = rows.compactMap(\.family).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return names.map { name in
            let members = rows.filter { $0.family == name }
            let first = members[0]
            guard members.allSatisfy({ $0.help == first.help }) else {
                let fields = members.map { ("Cm \($0.name)", Roff.prose($0.help)) }
                return ("Li \(name)", Roff.prose("\(kind(first)). Its fields:") + Roff.list(fields))
            }
            let fields = list(members.map(\.name))
            return (
                "Li \(name)",
                Roff.prose(first.help)
                    + Roff.prose(
                        "\(kind(first)). The field\(members.count == 1 ? "" : "s") \(fields).")
            )
        }
    }

    private static var fields: [(head: String, body: [String])] {
        MetricCatalog.all.map { row in
            (
                "Cm \(row.name)",
                Roff.prose(
                    "\(row.help) \(kind(row)); \(places(row))."
                        + others(CatalogName.others(of: row))
                        + (row.rateAliases.isEmpty
                            ? "" : " Former names of its rate: \(list(row.rateAliases))."))
            )
        }
    }

    /// The other names of a row, those of the kernel's files first.
    private static func others(_ names: [String]) -> String {
        let former = names.filter { CatalogName($0)?.isFormer == true }
        let files = names.filter { !former.contains($0) }
        return (files.isEmpty ? "" : " Also \(list(files)).")
            + (former.isEmpty ? "" : " Formerly \(list(former)).")
    }

    private static func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }

    private static func kind(_ row: Metric) -> String {
        let kind =
            switch row.kind {
            case .counter: "Counter"
            case .gauge: "Gauge"
            case .peak: "Gauge, peak value"
            case .limit: "Limit"
            case .setting: "Setting"
            case .text: "Text"
            }
        let unit: String? =
            switch row.unit {
            case .bytes: "bytes"
            case .microseconds: "microseconds (seconds in Prometheus)"
            case .count: nil
            case .weight: "weight"
            case .flag: "0 or 1"
            case .percentHundredths: "percent (0 to 1 in Prometheus)"
            case .bytesPerSecond: "bytes per second"
            case .operationsPerSecond: "operations per second"
            case .signed, .none: nil
            }
        return [kind, unit, row.dimension.map(by)].compactMap { $0 }.joined(separator: ", ")
    }

    private static func by(_ dimension: CgroupModel.Dimension) -> String {
        switch dimension {
        case .device: "for each block device"
        case .cpu: "for each CPU"
        case .node: "for each memory node"
        case .pageSize: "for each page size"
        case .pageSizeAndNode: "for each page size and memory node"
        case .resource: "for each resource"
        case .interface: "for each network interface"
        }
    }

    private static func places(_ row: Metric) -> String {
        func place(_ source: Source?) -> String {
            source.map { source in
                "`\(source.file)`" + (source.key.map { ", key `\($0)`" } ?? "")
            } ?? "none"
        }
        return "v2: \(place(row.v2)); v1: \(place(row.v1))"
    }

    // MARK: Limits

    private static func limit(_ row: Limit) -> (head: String, body: [String]) {
        var text = row.help + (row.note.isEmpty ? "" : " \(row.note)")
        if let refusal = row.refusal {
            let sentence = refusal.prefix(1).uppercased() + refusal.dropFirst()
            return ("Cm \(row.name)", Roff.prose("\(text) Refused: \(sentence)."))
        }
        text += "\n\nTakes \(row.grammar.example)"
        text += row.dimension.map { ", \(by($0))" } ?? ""
        text += "; v2: \(files(row.v2)); v1: \(files(row.v1))"
        text += row.systemd.map { "; systemd: \($0.name), since version \($0.since)" } ?? ""
        return ("Cm \(row.name)", Roff.prose(text + "." + others(CatalogName.others(of: row))))
    }

    private static func files(_ files: [LimitFile]) -> String {
        files.isEmpty ? "none" : files.map { "`\($0.name)`" }.joined(separator: " or ")
    }

    // MARK: Policies

    /// The names that only expressions have; those of fields, and of their rates, are listed with
    /// the fields.
    private static var names: [(head: String, body: [String])] {
        PolicyVocabulary.all.filter { CatalogName($0.name) == nil }.map { row in
            let counts =
                row.isCounter
                ? (row.isRate ? "A rate, in " : "A counter; its rate is in ") + row.valueUnit.text
                : row.unit == .flag ? "A flag" : "A level, in \(row.unit.text)"
            let instance = row.takesInstance ? "; takes an instance in brackets" : ""
            let former = row.aliases.isEmpty ? "" : " Formerly \(list(row.aliases))."
            return ("Cm \(row.name)", Roff.prose("\(row.help) \(counts)\(instance).\(former)"))
        }
    }

    /// A file of `config`: the comment that it begins with, and the rest of it.
    private static func example(_ name: String) -> (comment: String, lines: [String]) {
        let file = ManualPage.folder.appending(path: "../config/\(name)").standardized
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let head = lines.prefix { $0.hasPrefix("#") }
        let comment = head.map { $0.drop { "# ".contains($0) } }.map {
            $0.isEmpty ? "\n\n" : "\($0) "
        }
        return (comment.joined(), lines.dropFirst(head.count).filter { !$0.isEmpty })
    }

    private static var examples: [String] {
        let folder = ManualPage.folder.appending(path: "../config/policy.d").standardized
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.sorted().flatMap { name in
            let example = example("policy.d/\(name)")
            return [".Ss \(Roff.literal(name))"] + Roff.prose(example.comment)
                + Roff.display(example.lines)
        }
    }

    private static var findings: [String] {
        [("Errors:", false), ("Warnings:", true)].flatMap { title, isWarning in
            Roff.prose(
                "\(title) "
                    + FindingRule.allCases.filter { $0.isWarning == isWarning }
                    .map { "\($0.rawValue)" }.joined(separator: ", ") + ".")
        }
    }
}

extension PolicyUnit {
    fileprivate var text: String {
        switch self {
        case .bytes, .cpus, .seconds, .percent, .flag: "\(self == .cpus ? "CPUs" : rawValue)"
        case .count: "plain numbers"
        case .bytesPerSecond: "bytes per second"
        case .perSecond: "events per second"
        case .cpusPerSecond: "CPUs per second"
        case .percentPerSecond: "percentage points per second"
        }
    }
}
