import Foundation

/// The parts of a command's page that are generated from its `--help`.
struct CommandSections {
    let words: [String]
    let command: Command

    /// The name of the page: `cgwarden-policy-check`.
    var page: String { words.joined(separator: "-") }

    /// By the names of the marks.
    var parts: [String: [String]] {
        var parts = [
            "name": name, "synopsis": synopsis, "description": Roff.prose(command.prose),
            "options": options,
        ]
        if !command.examples.isEmpty { parts["examples"] = Roff.display(command.examples) }
        if !command.children.isEmpty { parts["commands"] = commands }
        return parts
    }

    private var name: [String] {
        [".Nm \(page)", ".Nd " + Roff.literal(Self.withoutStop(command.abstract ?? ""))]
    }

    private static func withoutStop(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    private var synopsis: [String] {
        let head = ".Nm \(Roff.argument(words.joined(separator: " ")))"
        let rest = command.children.isEmpty ? [] : [".Ar command", ".Op Ar argument ..."]
        let isWord = { (group: [Command.Argument]) in group[0].kind == "positional" }
        let ordered = groups.filter { !isWord($0) } + groups.filter(isWord)
        return [head] + ordered.map(Self.usage) + rest
    }

    /// Flags with the same help are listed together.
    private var groups: [[Command.Argument]] {
        command.shown.reduce(into: []) { groups, argument in
            if let last = groups.last?.first, argument.kind == "flag", last.kind == "flag",
                last.abstract == argument.abstract
            {
                groups[groups.count - 1].append(argument)
            } else {
                groups.append([argument])
            }
        }
    }

    private static func usage(_ group: [Command.Argument]) -> String {
        let first = group[0]
        let dots = first.isRepeating ? " ..." : ""
        let text: String
        if first.kind == "positional" {
            text = "Ar \(Roff.argument(first.valueName ?? "word"))\(dots)"
        } else {
            let names = group.flatMap(\.spellings).map(Self.flag).joined(separator: " | ")
            text = first.kind == "flag" ? names : "\(names) \(Self.value(first))\(dots)"
        }
        return first.isOptional ? ".Op \(text)" : ".\(text)"
    }

    private static func flag(_ spelling: String) -> String {
        "Fl \(Roff.argument(String(spelling.dropFirst())))"
    }

    private static func value(_ argument: Command.Argument) -> String {
        "Ar \(Roff.argument(argument.valueName ?? "value"))"
    }

    private var options: [String] {
        let titles = groups.map { $0[0].sectionTitle }
            .reduce(into: [String?]()) { if !$0.contains($1) { $0.append($1) } }
        return titles.flatMap { title -> [String] in
            let items =
                groups.filter { $0[0].sectionTitle == title }.map(Self.item)
                + (title == nil ? Self.common : [])
            return (title.map { [".Ss \($0)"] } ?? []) + Roff.list(items)
        } + (titles.contains(nil) ? [] : Roff.list(Self.common))
    }

    private static let common: [(head: String, body: [String])] = [
        ("Fl h , Fl \\-help", ["Show help information."]),
        ("Fl \\-version", ["Show the version."]),
    ]

    private static func item(_ group: [Command.Argument]) -> (head: String, body: [String]) {
        let first = group[0]
        let head: String
        if first.kind == "positional" {
            head = value(first) + (first.isRepeating ? " ..." : "")
        } else {
            head = group.flatMap(\.spellings).map { spelling in
                flag(spelling) + (first.kind == "flag" ? "" : " " + value(first))
            }.joined(separator: " , ")
        }
        return (head, Roff.prose(first.abstract ?? "") + additions(first))
    }

    private static func additions(_ argument: Command.Argument) -> [String] {
        let text = argument.abstract ?? ""
        var lines: [String] = []
        if let values = argument.allValues, !values.allSatisfy(text.contains) {
            lines += Roff.prose("One of \(values.joined(separator: ", ")).")
        }
        if let usual = argument.defaultValue {
            lines += ["The default is", ".Ql \(Roff.argument(usual)) ."]
        }
        if argument.isRepeating, argument.kind == "option", !text.contains("may be repeated") {
            lines.append("It may be repeated.")
        }
        return lines
    }

    private var commands: [String] {
        Roff.list(
            command.children.map {
                (
                    "Xr \(page)\\-\($0.commandName) 1".replacingOccurrences(of: "\\-", with: "-"),
                    Roff.prose($0.abstract ?? "")
                )
            })
    }
}
