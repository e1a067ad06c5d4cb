import ArgumentParser
import CgroupModel
import Reports

/// Checks the names of commands before they are parsed.
///
/// The parser reports a mistyped command as an unexpected argument, and prints the general help for
/// `help` and a mistyped name.
enum CommandSpelling {
    private typealias Command = any ParsableCommand.Type

    /// Throws if a word in the place of a command is not a command.
    static func check(_ arguments: [String]) throws(CgwardenError) {
        var rest = arguments[...]
        if rest.first == "help" { rest = rest.dropFirst() }
        var command: Command = Cgwarden.self
        var path: [String] = []
        while let word = rest.first, !word.hasPrefix("-") {
            let below = command.configuration.subcommands
            guard !below.isEmpty else { return }
            guard let next = below.first(where: { name(of: $0) == word }) else {
                throw unknown(word, in: path, of: command)
            }
            path.append(word)
            command = next
            rest = rest.dropFirst()
        }
    }

    /// The names of the commands that `cgwarden --help` lists.
    static var names: [String] { shown(Cgwarden.self).map(name) }

    /// The words that run a command: `cgwarden policy plan`.
    static func words(of command: any ParsableCommand.Type) -> String {
        func path(_ outer: Command) -> [String]? {
            if outer == command { return [name(of: outer)] }
            let inner = outer.configuration.subcommands.lazy.compactMap(path).first
            return inner.map { [name(of: outer)] + $0 }
        }
        return (path(Cgwarden.self) ?? ["cgwarden"]).joined(separator: " ")
    }

    /// What people type for a command out of the habit of other programs.
    private static let habits = [
        "unfreeze": "thaw", "resume": "thaw", "undo": "restore", "revert": "restore",
        "delete": "remove", "rm": "remove", "rmdir": "remove", "mkdir": "create", "ls": "tree",
        "list": "tree",
    ]

    private static func unknown(
        _ word: String, in path: [String], of command: Command
    ) -> CgwardenError {
        let parents = path.map { "\($0) " }.joined()
        // Users often type a subcommand without its parent command.
        let candidates =
            (shown(command).map { name(of: $0) } + (path.isEmpty ? ["help"] : [])).map { [$0] }
            + shown(command).flatMap { outer in
                shown(outer).map { [name(of: outer), name(of: $0)] }
            }
        let habit = path.isEmpty ? habits[word] : nil
        let near =
            habit.map { [$0] }
            ?? Spelling.names(
                like: word, among: Set(candidates.compactMap(\.last)).sorted(), most: 1,
                farthest: max(1, word.utf8.count / 3))
        let meant = candidates.first { $0.last == near.first }?.joined(separator: " ")
        let help = (["cgwarden"] + path + ["--help"]).joined(separator: " ")
        return CgwardenError(
            "no command '\(parents)\(word)'; "
                + (meant.map { Spelling.question(["\(parents)\($0)"]) }
                    ?? "`\(help)` lists the commands"),
            .usage)
    }

    private static func shown(_ command: Command) -> [Command] {
        command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
    }

    private static func name(of command: Command) -> String {
        command.configuration.commandName ?? ""
    }
}
