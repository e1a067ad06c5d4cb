import Foundation
import Testing

/// Every command line that documents, messages and alerts name can be typed: its commands and
/// options exist.
@Suite struct NamedCommandsTests {
    private static let top = ManualPage.folder.appending(path: "..").standardized

    private static func files() -> [String] {
        let tops = [
            "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "man", "dashboards",
            "config", "Sources",
        ]
        return tops.flatMap { name -> [String] in
            let path = top.appending(path: name).path()
            // Of a file, this is empty.
            let below = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
            return below.isEmpty ? [name] : below.map { "\(name)/\($0)" }
        }.filter { file in
            ["md", "yml", "yaml", "swift", "service", "html", "js"].contains {
                file.hasSuffix(".\($0)")
            }
                || file.hasPrefix("man/")
        }
    }

    /// The code of a line, from `cgwarden` on.
    private static func commandLines(_ line: String, isManual: Bool) -> [String] {
        guard !isManual else {
            let plain = [
                ("\\-", "-"), ("\\(aq", "'"), ("\\(dq", "\""), ("\\(ga", "`"), ("\\&", ""),
            ]
            .reduce(line) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
            for macro in [".Ql ", ".Dl "] where plain.hasPrefix(macro) {
                return [plain.dropFirst(4).trimmingCharacters(in: ["\"", " ", ".", ","])]
            }
            return [plain]
        }
        let spans = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        return spans + [line.trimmingCharacters(in: .whitespaces)]
    }

    /// The words of a command line, without comments and what a shell does with it.
    private static func words(_ text: String) -> [String]? {
        // A quoted word is a value.
        let text = (text.hasPrefix("$ ") ? String(text.dropFirst(2)) : text)
            .replacing(/'[^']*'|"[^"]*"/, with: "VALUE")
        guard text.hasPrefix("cgwarden ") else { return nil }
        let end = text.range(of: "   ")?.lowerBound ?? text.endIndex
        let ends: Set = ["#", "|", ">", ";", "&&", "--", "||"]
        return text[..<end].split(separator: " ").dropFirst().prefix { word in
            !ends.contains(String(word)) && !word.hasPrefix(">") && !word.contains("\\(")
        }.map(String.init)
    }

    /// The error in a command line; nil if it is valid.
    private static func mistake(_ words: [String], _ root: Command) -> String? {
        var command = root
        var isCommand = true
        for word in words {
            if word.hasPrefix("-") {
                isCommand = false
                let option = String(word.prefix { $0 != "=" })
                    .trimmingCharacters(in: [",", ".", ")", ";", ":", "]"])
                let known =
                    (command.arguments ?? []).flatMap(\.spellings)
                    + ["-h", "--help", "--version", "-"]
                // A value such as -10m, and words about options in general.
                guard option.firstMatch(of: /^--?[a-zA-Z]|^-1$/) != nil, !known.contains(option)
                else { continue }
                return "no option \(option)"
            }
            guard isCommand, !(command.subcommands ?? []).isEmpty else { continue }
            guard word.firstMatch(of: /^[a-z-]+$/) != nil else { return nil }
            guard let next = command.subcommands?.first(where: { $0.commandName == word }) else {
                return "no command \(word)"
            }
            command = next
        }
        return nil
    }

    @Test func everyCommandInTheDocumentsExists() throws {
        let root = try Command.tree()
        var count = 0
        #expect(Self.files().contains("README.md"))
        for file in Self.files() {
            let text = try String(contentsOf: Self.top.appending(path: file), encoding: .utf8)
            for (number, line) in text.components(separatedBy: "\n").enumerated() {
                for part in Self.commandLines(line, isManual: file.hasPrefix("man/")) {
                    guard let words = Self.words(part) else { continue }
                    count += 1
                    let mistake = Self.mistake(words, root)
                    #expect(mistake == nil, "\(file):\(number + 1): \(part)")
                }
            }
        }
        #expect(count > 200)
    }

    @Test func lineWithAnUnknownCommandIsFound() throws {
        let root = try Command.tree()
        #expect(Self.mistake(["explane", "/x"], root) == "no command explane")
        #expect(Self.mistake(["set", "/x", "--dryrun"], root) == "no option --dryrun")
        #expect(Self.mistake(["policy", "check", "--mode", "v1"], root) == nil)
        #expect(Self.words("cgwarden top -b -n 3   # three") == ["top", "-b", "-n", "3"])
    }
}
