import Foundation
import TestSupport

/// A command as described by `--experimental-dump-help`.
struct Command: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var sectionTitle: String?
        var abstract: String?

        /// `-n`, `--iterations`.
        var spellings: [String] {
            (names ?? []).sorted { ($0.kind == "long" ? 1 : 0) < ($1.kind == "long" ? 1 : 0) }
                .map { $0.kind == "long" ? "--\($0.name)" : "-\($0.name)" }
        }
    }

    var commandName: String
    var shouldDisplay: Bool
    var abstract: String?
    var discussion: String?
    var arguments: [Argument]?
    var subcommands: [Command]?

    /// The visible arguments, except the help that every command has.
    var shown: [Argument] { (arguments ?? []).filter { $0.shouldDisplay && !$0.isCommon } }

    /// The visible subcommands.
    var children: [Command] {
        (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// The discussion in front of its examples.
    var prose: String { parts.0 }
    /// The examples' lines, without their indentation.
    var examples: [String] { parts.1 }

    private var parts: (String, [String]) {
        let parts = (discussion ?? "").components(separatedBy: "Examples:\n")
        guard parts.count == 2 else { return (parts[0], []) }
        return (
            parts[0].trimmingCharacters(in: .whitespacesAndNewlines),
            parts[1].components(separatedBy: "\n").map { String($0.dropFirst(2)) }
                .filter { !$0.isEmpty }
        )
    }

    /// The whole tree, as reported by the built program.
    static func tree() throws -> Command {
        struct Dump: Decodable { var command: Command }
        let result = try ProgramRun.cgwarden("--experimental-dump-help")
        return try JSONDecoder().decode(Dump.self, from: Data(result.bytes)).command
    }

    /// Every visible command with its words: `["cgwarden", "policy", "check"]`.
    func all(below words: [String] = []) -> [(words: [String], command: Command)] {
        let own = words + [commandName]
        return [(own, self)] + children.flatMap { $0.all(below: own) }
    }
}

extension Command.Argument {
    fileprivate var isCommon: Bool { ["help", "version"].contains(valueName) && kind == "flag" }
}
