import ArgumentParser
import CgroupModel
import Configuration
import Service

extension ValidationError {
    /// The error about a word that is not one of a list.
    init(unknown what: String, _ text: String, among valid: [String]) {
        self.init(ConfigNode.unknown(what, text, among: valid))
    }
}

/// The line for a command line that the argument parser refuses: what is wrong, and what to do.
///
/// The parser prints a sentence, the help of an option and the usage of the command on lines of
/// their own, where the sentence is easily overlooked.
enum UsageMistake {
    /// Builds the line from the parser's short message and from its full one.
    ///
    /// `command` is the one whose help to read; nil if the full message names it. `refused` is the
    /// value that the parser could not read; nil for another mistake.
    static func line(
        _ message: String, full: String, command: String? = nil, refused: RefusedValue? = nil
    ) -> String {
        var line = lower(message.prefix { $0 != "\n" })
        if line.hasSuffix(".") { line.removeLast() }
        if line.hasPrefix("unknown option"), let option = quoted(in: line), ports.contains(option),
            let command = command ?? self.command(in: full), listeners.contains(command)
        {
            return "unknown option '\(option)'; write --web.listen-address HOST:PORT"
        }
        if let parts = cut(line, at: ". Did you mean ") {
            // The parser suggests any option within three letters, however short it is.
            let words = [parts.0, parts.1].compactMap { quoted(in: $0) }
            if words.count == 2, !Spelling.names(like: words[0], among: [words[1]], most: 1).isEmpty
            {
                return "\(parts.0); did you mean \(parts.1)"
            }
            line = parts.0
        }
        // The parser does not suggest the options that every command has.
        if line.hasPrefix("unknown option"), let option = quoted(in: line),
            let common = Spelling.names(like: option, among: Self.common, most: 1).first
        {
            return "\(line); \(Spelling.question([common]))"
        }
        let list = cut(line, at: ". Please provide one of ")
        if let list { line = list.0 }
        if let (value, rest) = cut(line, at: " is invalid for "),
            let end = rest.dropFirst().firstIndex(of: "'")
        {
            let option = rest[..<end].dropFirst().prefix { $0 != " " }
            let reason = rest[rest.index(after: end)...].drop { ": ".contains($0) }
            let word = value.dropFirst("the value ".count)
            // A reason that names the value needs no other introduction.
            if let typed = quoted(in: value), !typed.isEmpty, reason.contains(typed) {
                return "\(option): \(reason)"
            }
            line = "\(option): \(word) is invalid"
            if !reason.isEmpty { return "\(line): \(reason)" }
            if list == nil, let refused {
                return refused.objection.map { "\(option): \($0)" }
                    ?? "\(line); expected \(refused.expected)"
            }
        }
        if let list {
            // The parser lists six or more words on lines of their own.
            let items = message.split(separator: "\n").filter { $0.hasPrefix("  - ") }
                .map { String($0.dropFirst(4)) }
            let words = list.1.split(separator: "'").enumerated().filter { $0.offset % 2 == 0 }
                .map { String($0.element) }
            let choice =
                items.isEmpty ? either(words) : "one of \(items.joined(separator: ", "))"
            let hint = Spelling.hint(
                for: quoted(in: line) ?? "", among: items.isEmpty ? words : items,
                otherwise: "write \(choice)")
            return "\(line); \(hint)"
        }
        if line.contains(";") { return line }
        return line + ((command ?? self.command(in: full)).map { "; see `\($0) --help`" } ?? "")
    }

    /// The commands that listen on a port, and what people type for the option that names it.
    private static let listeners = ["cgwarden exporter", "cgwarden daemon"]
    private static let ports = ["--port", "--listen", "--listen-address", "--address", "--bind"]

    private static let common = ["--help", "--version"]

    /// Returns the words as a choice: `'a', 'b' or 'c'`.
    private static func either(_ words: [String]) -> String {
        let quoted = words.map { "'\($0)'" }
        let others = quoted.dropLast().joined(separator: ", ")
        return others.isEmpty ? quoted.joined() : "\(others) or \(quoted.last ?? "")"
    }

    /// The command whose help the parser recommends: `cgwarden policy plan`.
    private static func command(in full: String) -> String? {
        cut(full, at: "See '").flatMap { cut($0.1, at: " --help'") }?.0
    }

    /// The first text in quotes.
    private static func quoted(in text: String) -> String? {
        cut(text, at: "'").flatMap { cut($0.1, at: "'") }?.0
    }

    private static func cut(_ text: String, at mark: String) -> (String, String)? {
        let parts = text.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    /// The text with a small first letter, unless it is an abbreviation.
    private static func lower(_ text: some StringProtocol) -> String {
        guard let first = text.first, text.dropFirst().first?.isUppercase != true else {
            return String(text)
        }
        return first.lowercased() + text.dropFirst()
    }
}
