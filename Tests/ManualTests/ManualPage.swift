import Foundation

/// A page of `man/`: written by hand, but for the parts between marks.
///
///     .\" BEGIN options
///     .\" END options
struct ManualPage {
    /// The file's name: `cgwarden-top.1`.
    let name: String
    /// The contents of the file; a new page if it does not exist.
    let text: String

    static let folder = URL(filePath: #filePath).appending(path: "../../../man").standardized

    var file: URL { Self.folder.appending(path: name) }

    /// The page with these parts in its marks, and what is wrong with the marks.
    func filled(_ parts: [String: [String]]) -> (text: String, mistakes: [String]) {
        var lines: [String] = []
        var open: String?
        var filled: Set<String> = []
        var mistakes: [String] = []
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix(".\\\" BEGIN ") {
                let part = String(line.dropFirst(".\\\" BEGIN ".count))
                open = part
                lines.append(line)
                if let content = parts[part] {
                    lines += content
                } else {
                    mistakes.append("\(name): there is no part \(part); remove its marks")
                }
                filled.insert(part)
            } else if let part = open {
                if line == ".\\\" END \(part)" {
                    open = nil
                    lines.append(line)
                }
            } else {
                lines.append(line)
            }
        }
        if let open { mistakes.append("\(name): the part \(open) has no end") }
        mistakes += parts.keys.filter { !filled.contains($0) }.sorted().map {
            "\(name): nothing says where the part \($0) goes; write .\\\" BEGIN \($0), END \($0)"
        }
        return (lines.joined(separator: "\n"), mistakes)
    }

    /// The file, or the beginnings of a page about a command.
    init(_ name: String, parts: [String: [String]]) {
        self.name = name
        let file = Self.folder.appending(path: name)
        text = (try? String(contentsOf: file, encoding: .utf8)) ?? Self.fresh(name, parts)
    }

    private static func fresh(_ name: String, _ parts: [String: [String]]) -> String {
        let date = Date().formatted(
            .verbatim(
                "\(month: .wide) \(day: .defaultDigits), \(year: .defaultDigits)",
                locale: Locale(identifier: "en_US"), timeZone: .gmt,
                calendar: Calendar(identifier: .gregorian)))
        let sections = [
            ("NAME", "name"), ("SYNOPSIS", "synopsis"), ("DESCRIPTION", "description"),
            ("COMMANDS", "commands"), ("OPTIONS", "options"), ("EXAMPLES", "examples"),
        ].filter { parts[$0.1] != nil }
        let title = (name as NSString).deletingPathExtension
        return """
            .\\" What stands between BEGIN and END is written by `make man`.
            .Dd \(date)
            .Dt \(title.uppercased()) 1
            .Os

            """
                + sections.map { ".Sh \($0.0)\n.\\\" BEGIN \($0.1)\n.\\\" END \($0.1)\n" }.joined()
                + ".Sh SEE ALSO\n.Xr cgwarden 1\n"
    }
}
