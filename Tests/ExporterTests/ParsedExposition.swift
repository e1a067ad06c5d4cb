/// A strict parser of expositions, for tests.
struct ParsedExposition {
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: String
    }

    private(set) var samples: [Sample] = []
    /// The order of label names of each sample name.
    private(set) var labelNames: [String: [String]] = [:]
    private(set) var types: [String: String] = [:]
    private(set) var units: [String: String] = [:]

    init(_ text: String, openMetrics: Bool) throws {
        guard text.utf8.last == 0x0a else { throw Invalid(description: "no final newline") }
        var lines = text.dropLast().split(
            separator: "\n" as Character, omittingEmptySubsequences: false)
        if openMetrics, lines.popLast() != "# EOF" { throw Invalid(description: "no # EOF") }
        var open = ""
        var seen: Set<String> = []
        var series: Set<String> = []
        for line in lines {
            if line.hasPrefix("# ") {
                let parts = line.split(separator: " ", maxSplits: 3)
                guard parts.count == 4 else { throw Invalid(description: "\(line)") }
                let family = String(parts[2])
                if family != open {
                    guard seen.insert(family).inserted else {
                        throw Invalid(description: "\(family) is in two pieces")
                    }
                    open = family
                }
                switch parts[1] {
                case "TYPE": types[family] = String(parts[3])
                case "UNIT": units[family] = String(parts[3])
                case "HELP": break
                default: throw Invalid(description: "\(line)")
                }
                continue
            }
            let sample = try Self.sample(line)
            let suffix = ["counter": "_total", "info": "_info"][types[open] ?? ""] ?? ""
            guard sample.name == (openMetrics ? open + suffix : open) else {
                throw Invalid(description: "\(sample.name) stands under \(open)")
            }
            guard series.insert(String(line[..<sample.end])).inserted else {
                throw Invalid(description: "twice: \(line)")
            }
            let names = sample.labels.map(\.0)
            guard labelNames[sample.name, default: names] == names else {
                throw Invalid(description: "label order changes: \(line)")
            }
            labelNames[sample.name] = names
            samples.append(
                Sample(
                    name: sample.name, labels: Dictionary(uniqueKeysWithValues: sample.labels),
                    value: String(line[sample.end...].dropFirst())))
        }
    }

    /// The value of the one sample with these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> String? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private static func sample(
        _ line: Substring
    ) throws -> (name: String, labels: [(String, String)], end: Substring.Index) {
        let name = line.prefix { $0 != "{" && $0 != " " }
        var rest = line[name.endIndex...]
        var labels: [(String, String)] = []
        if rest.first == "{" {
            repeat {
                rest.removeFirst()
                let key = rest.prefix { $0 != "=" }
                rest = rest[key.endIndex...].dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    switch rest.popFirst() {
                    case "n": value.append("\n")
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    default: throw Invalid(description: "wrong escape: \(line)")
                    }
                }
                labels.append((String(key), value))
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw Invalid(description: "\(line)") }
        }
        guard rest.first == " ", Double(rest.dropFirst()) != nil else {
            throw Invalid(description: "no value: \(line)")
        }
        return (String(name), labels, rest.startIndex)
    }
}
