import Foundation
import Testing

/// The words that readers meet: messages, help, the manual, README, CHANGELOG and alerts.
///
/// The list is short on purpose: only phrases that have a usual word in this field, and no other
/// meaning. CONTRIBUTING.md has the rules.
@Suite struct ProseTests {
    /// Each phrase with the word to use instead.
    private static let phrases: [(phrase: String, use: String)] = [
        ("anew", "again, or reload"), ("at it again", "release"), ("ended well", "exited 0"),
        ("exclude each other", "are mutually exclusive"), ("for nowhere", "disables listening"),
        ("give back", "release, or restore"), ("hold at once", "take effect immediately"),
        ("holds at once", "takes effect immediately"),
        ("let go", "release, or thaw"), ("lets go", "releases, or thaws"),
        ("most tasks", "peak tasks"), ("nearest valid", "did you mean 'x'?"),
        ("` lists them", "` lists the cgroups, or what else"),
        ("none any more", "no longer"), ("only wish", "only request"),
        ("pass on", "enable, forward, or inherit"),
        ("passed on", "enabled, forwarded, or inherited"), ("passes on", "enables, or forwards"),
        ("put back", "restore, or roll back"), ("puts back", "restores, or rolls back"),
        ("putting back", "restoring"), ("refused forks", "failed forks"),
        ("somebody", "another user, or another program"), ("stand still", "be frozen"),
        ("stands still", "is frozen"), ("stood still", "was frozen"), ("switched on", "enabled"),
        ("the machine's", "the host's"), ("the whole machine", "the whole host"),
        ("this machine", "this host"),
        ("took them not", "rejected them"), ("what there is", "lists them"),
        ("whoever", "a user who"),
    ]

    /// The text of a file with the number of its line.
    private struct Line {
        let place: String
        let text: Substring
    }

    private static let top = ManualPage.folder.appending(path: "..").standardized

    private static func lines(of path: String) throws -> [Line] {
        try String(contentsOf: top.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { Line(place: "\(path):\($0.offset + 1)", text: $0.element) }
    }

    private static func files(in folder: String, ending: [String]) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: top.appending(path: folder).path())
            .filter { name in ending.contains { name.hasSuffix($0) } }.map { "\(folder)/\($0)" }
    }

    /// The string literals of Swift source, without comments and what is interpolated.
    private static func literals(of path: String) throws -> [Line] {
        var isInside = false
        return try lines(of: path).flatMap { line -> [Line] in
            let text = line.text.drop { $0 == " " }
            if !isInside, text.hasPrefix("//") { return [] }
            let marks = line.text.components(separatedBy: "\"\"\"").count - 1
            let wasInside = isInside
            if !marks.isMultiple(of: 2) { isInside.toggle() }
            if wasInside || isInside { return [line] }
            return line.text.matches(of: /"(?:[^"\\]|\\.)*"/).map {
                Line(place: line.place, text: $0.output)
            }
        }
    }

    private static func isWordPart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0 == "_" || $0 == "-" } ?? false
    }

    /// The phrases of the list that a text contains as whole words.
    private static func found(in text: Substring) -> [String] {
        let text = text.lowercased()
        return phrases.map(\.phrase).filter { phrase in
            text.ranges(of: phrase).contains { range in
                let before =
                    range.lowerBound > text.startIndex
                    ? text[text.index(before: range.lowerBound)] : nil
                let after = range.upperBound < text.endIndex ? text[range.upperBound] : nil
                return !isWordPart(before) && !isWordPart(after)
            }
        }
    }

    @Test func textsForReadersUseTheWordsOfTheField() throws {
        var texts: [Line] = []
        for path in try Self.files(in: "Sources", ending: [".swift"]) {
            texts += try Self.literals(of: path)
        }
        let pages =
            try Self.files(in: "man", ending: [".1", ".5", ".7"])
            + Self.files(in: "dashboards", ending: [".yml", ".md"])
            + Self.files(in: "config", ending: [".yaml", ".yml", ".service"])
            + ["README.md", "CHANGELOG.md", "Sources/Exporter/Page/page.html"]
        for path in pages { texts += try Self.lines(of: path) }
        #expect(texts.count > 5000)
        for line in texts {
            for phrase in Self.found(in: line.text) {
                let use = Self.phrases.first { $0.phrase == phrase }?.use ?? ""
                Issue.record("\(line.place): \"\(phrase)\"; write: \(use)")
            }
        }
    }

    /// Parts of words that only British spelling has.
    private static let british = [
        "amongst", "analyse", "behaviour", "catalogue", "colour", "favour", "honour", "initialis",
        "labelled", "licence", "neighbour", "optimise", "organis", "recognis", "serialis",
        "summaris", "travelled", "utilis", "whilst",
    ]

    @Test func spellingIsAmerican() throws {
        let texts =
            try Self.files(in: "Sources", ending: [".swift", ".h", ".c", ".md", ".html", ".js"])
            + Self.files(in: "man", ending: [".1", ".5", ".7"])
            + [
                "README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md",
            ]
        for path in texts {
            let text = try String(contentsOf: Self.top.appending(path: path), encoding: .utf8)
                .lowercased().replacing("aria-labelledby", with: "")
            for word in Self.british where text.contains(word) {
                Issue.record("\(path): \"\(word)\" is British spelling")
            }
        }
    }

    /// Names of declarations, for which the field has other words.
    ///
    /// `Policy` still has wishes.
    @Test func declarationsUseTheWordsOfTheField() throws {
        let declared = /\b(?:case|class|enum|func|let|struct|typealias|var) (\w+)/
        let banned = /^(?:wish|tell|told|stranger)|(?:Wish|Tell|Told|Stranger)/
        let sources = try Self.files(in: "Sources", ending: [".swift"])
        for path in sources where !path.hasPrefix("Sources/Policy/") {
            for line in try Self.lines(of: path) {
                guard !line.text.drop(while: { $0 == " " }).hasPrefix("//") else { continue }
                for name in line.text.matches(of: declared) where name.1.contains(banned) {
                    Issue.record("\(line.place): \(name.1); write request, note or other")
                }
            }
        }
    }

    @Test func onlyWholeWordsAreFound() {
        #expect(Self.found(in: "the policy was read anew") == ["anew"])
        #expect(Self.found(in: "Put back what cgwarden changed") == ["put back"])
        #expect(Self.found(in: "canewood, in_all, input backends") == [])
    }
}
