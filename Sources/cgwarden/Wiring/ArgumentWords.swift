import ArgumentParser
import KernelIO

/// Rewrites the words of a command line that the argument parser would misread.
///
/// The parser takes `-1` after `--depth` for an option and reports a missing value; joined as
/// `--depth=-1` it is a value, and the error message names it. It supports neither `-n1` nor
/// `-bn1`, which are usual for top.
enum ArgumentWords {
    static func normalized(
        _ arguments: [String], below root: any ParsableCommand.Type
    ) -> [String] {
        // Words after a bare `--` and those of `run` belong to another command.
        let own: ArraySlice<String> =
            arguments.first == "run" ? [] : arguments.prefix { $0 != "--" }
        // Few command lines have such a word, so most never need the options.
        lazy var options = OptionNames(of: command(own, below: root))
        var result: [String] = []
        for word in own {
            let second = word.hasPrefix("-") ? word.dropFirst().first : nil
            if second?.isNumber == true, let option = result.last, options.takesValue(option) {
                result[result.count - 1] = "\(option)=\(word)"
            } else if second?.isLetter == true, word.utf8.count > 2,
                let words = options.separated(word.dropFirst())
            {
                result += words
            } else {
                result.append(word)
            }
        }
        // systemd-cgtop's --cpu has an optional value, and means the time without it.
        if arguments.first == "top" {
            for (index, word) in result.enumerated() where word == "--cpu" {
                let next = index + 1 < result.count ? result[index + 1] : "-"
                if next.hasPrefix("-") { result[index] = "--cpu=time" }
            }
        }
        return result + arguments.dropFirst(own.count)
    }

    /// The subcommand that the first words name.
    private static func command(
        _ words: ArraySlice<String>, below root: any ParsableCommand.Type
    ) -> any ParsableCommand.Type {
        var command = root
        for word in words {
            let next = command.configuration.subcommands.first {
                $0.configuration.commandName == word
            }
            guard let next else { break }
            command = next
        }
        return command
    }
}

/// The spellings of a command's options, such as `-n` and `--depth`.
struct OptionNames {
    /// The options without a value.
    var flags: Set<String> = []
    /// The options with a value.
    var valued: Set<String> = []

    /// All of them, sorted.
    var all: [String] { flags.union(valued).sorted() }

    /// Reads the JSON of `--experimental-dump-help`; the parser offers its declarations nowhere
    /// else.
    init(of command: any ParsableCommand.Type) {
        var texts: [[String]: String] = [:]
        try? JSONStrings.visit(Array(command._dumpHelp().utf8)) { texts[$0] = $1 }
        // A name is at command.arguments.N.names.M.name.
        for (path, name) in texts where path.last == "name" && path.dropLast(2).last == "names" {
            let isLong = texts[path.dropLast() + ["kind"]] == "long"
            let spelling = (isLong ? "--" : "-") + name
            switch texts[path.prefix(3) + ["kind"]] {
            case "flag": flags.insert(spelling)
            case "option": valued.insert(spelling)
            default: break
            }
        }
    }

    /// Whether the next word is a value of this one.
    ///
    /// A mistyped option counts as one with a value: otherwise the parser would take a following
    /// `-1h` for `-1` and `-h`, and print the help.
    func takesValue(_ word: String) -> Bool {
        valued.contains(word)
            || word.hasPrefix("--") && !word.contains("=") && !flags.contains(word)
    }

    /// Splits options that are combined after one dash, the last with its value: `bn1` is `-b` and
    /// `-n=1`; nil if one of them is unknown.
    func separated(_ letters: Substring) -> [String]? {
        var words: [String] = []
        var rest = letters
        while let letter = rest.popFirst() {
            let option = "-\(letter)"
            if valued.contains(option) {
                guard rest.first != "=" else { return nil }
                return words + [rest.isEmpty ? option : "\(option)=\(rest)"]
            }
            guard flags.contains(option) else { return nil }
            // Even if -i is a sort order, `-i5s` is an interval, as for the other commands.
            if letter == "i", rest.first?.isNumber == true, valued.contains("--interval") {
                return words + ["--interval=\(rest)"]
            }
            words.append(option)
        }
        return words
    }
}
