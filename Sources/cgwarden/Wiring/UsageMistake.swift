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
    /// `command` is the one whose help to read; nil if the full message names it.
    static func line(_ message: String, full: String, command: String? = nil) -> String {
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
            if list == nil,
                let help = remainder(of: "Help:", in: full).flatMap({ cut($0, at: "  ") })
            {
                let text = lower(help.1.drop { $0 == " " })
                let end = [" (default: ", " (default "].compactMap { cut(text, at: $0)?.0 }.first
                let plain = end ?? (text.hasSuffix(".") ? String(text.dropLast()) : text)
                return "\(line); expected \(form(of: plain) ?? plain)"
            }
        }
        if let list {
            // Six words and more are on lines of their own.
            let items = message.split(separator: "\n").filter { $0.hasPrefix("  - ") }
                .map { String($0.dropFirst(4)) }
            let words = list.1.split(separator: "'").enumerated().filter { $0.offset % 2 == 0 }
                .map { String($0.element) }
            let choice = items.isEmpty ? list.1 : "one of \(items.joined(separator: ", "))"
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

    /// The form of the values of an option, by the examples at the end of its help; nil for a plain
    /// word or number.
    private static func form(of help: String) -> String? {
        if help.hasSuffix("RFC 3339") {
            return "a time: -2h, 14:02, 'yesterday 14:00' or 2026-11-30T14:02:00Z"
        }
        if help.hasPrefix("number of ") { return "a number" }
        let words = help.split(separator: " ")
        let example = words.last.map(String.init) ?? ""
        guard example.first?.isNumber == true, example.last?.isLetter == true else { return nil }
        if words.count > 2, words[words.count - 2] == "to" {
            let first = String(words[words.count - 3])
            return Interval(argument: first).map { _ in "a time from \(first) to \(example)" }
        }
        if Interval(argument: example) != nil {
            return "a time from 1ms to 365d: 500ms, 10s, 5m, 2h, 1d"
        }
        return ByteAmount(argument: example).map { _ in "an amount above 0: 512KiB, 64MiB, 1GB" }
    }

    /// The command whose help the parser recommends: `cgwarden policy plan`.
    private static func command(in full: String) -> String? {
        cut(full, at: "See '").flatMap { cut($0.1, at: " --help'") }?.0
    }

    /// The rest of the line that begins with a mark.
    private static func remainder(of mark: String, in full: String) -> String? {
        full.split(separator: "\n").first { $0.hasPrefix(mark) }
            .map { String($0.dropFirst(mark.count).drop { $0 == " " }) }
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
