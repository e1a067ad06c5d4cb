import ArgumentParser
import CgroupModel
import KernelIO
import Service

extension Interval: ExpressibleByArgument {
    /// The default in help texts: `60s`.
    package var defaultValueDescription: String { "\(DecimalText.fixed(seconds, places: 0))s" }
}

extension ByteAmount: ExpressibleByArgument {}

/// A comma-separated list of catalog names.
struct FieldList {
    let metrics: [MetricID]

    init(parsing text: String) throws {
        metrics = try text.split(separator: ",").map { part in
            let name = part.trimming(" ")
            if let metric = MetricCatalog.metric(named: name) { return metric.id }
            // If the name is incomplete, suggest completions rather than names of similar spelling.
            let longer = MetricCatalog.all.map(\.name).filter { $0.hasPrefix(name) }.prefix(3)
            let similar = longer.isEmpty ? MetricCatalog.namesLike(name) : Array(longer)
            let hint =
                similar.isEmpty
                ? "`cgwarden stat --list-fields` lists them"
                : "did you mean \(similar.joined(separator: " or "))?"
            throw ValidationError("there is no field \(name); \(hint)")
        }
        if metrics.isEmpty { throw ValidationError("--fields needs at least one name.") }
    }

    static let usual: [MetricID] = [
        .pidsCurrent, .cpuUsage, .memoryUsage, .memoryMax, .memorySwapUsage, .memoryPressureSome,
        .ioReadBytes, .ioWrittenBytes,
    ]

    /// All fields with their meaning, one per line.
    static var overview: String {
        MetricCatalog.all.map { metric in
            let name = metric.name + String(repeating: " ", count: max(1, 36 - metric.name.count))
            return "\(name)\(metric.help)\n"
        }.joined()
    }
}

extension Substring {
    /// The text without leading and trailing occurrences of a character.
    fileprivate func trimming(_ character: Character) -> String {
        var rest = self.drop { $0 == character }
        while rest.last == character { rest = rest.dropLast() }
        return String(rest)
    }
}

/// Support for negative option values.
///
/// The parser takes `-1` after `--depth` for an option and reports a missing value. Joined as
/// `--depth=-1` it is a value, and the error message names it. After a flag, `-1` stays an option.
enum NegativeValues {
    static func joined(
        _ arguments: [String], below root: any ParsableCommand.Type
    ) -> [String] {
        // Words after a bare `--` and those of `run` belong to another command.
        let own: ArraySlice<String> =
            arguments.first == "run" ? [] : arguments.prefix { $0 != "--" }
        // Few command lines have a negative word, so most never need the options.
        lazy var options = optionsWithValue(of: command(own, below: root))
        var result: [String] = []
        for word in own {
            if word.hasPrefix("-"), word.dropFirst().first?.isNumber == true,
                let option = result.last, options.contains(option)
            {
                result[result.count - 1] = "\(option)=\(word)"
            } else {
                result.append(word)
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

    /// The spellings of a command's options that take a value, such as `-n` and `--depth`.
    ///
    /// The parser does not offer its declarations except in the JSON of
    /// `--experimental-dump-help`.
    private static func optionsWithValue(of command: any ParsableCommand.Type) -> Set<String> {
        var texts: [[String]: String] = [:]
        try? JSONStrings.visit(Array(command._dumpHelp().utf8)) { texts[$0] = $1 }
        // A name is at command.arguments.N.names.M.name.
        let names = texts.filter { path, _ in
            path.last == "name" && texts[path.prefix(3) + ["kind"]] == "option"
        }
        return Set(
            names.map { path, name in
                texts[path.dropLast() + ["kind"]] == "long" ? "--\(name)" : "-\(name)"
            })
    }
}
