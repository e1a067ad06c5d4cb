/// A value in an interface file: the whole file, the line of a device, or a key in that line.
package struct ControlCell: Hashable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The interface file.
    package let file: String
    /// The first word of the line; nil if the whole file is the value.
    package let line: String?
    /// The key in the line; nil if the rest of the line is the value.
    package let field: String?
    /// The value of a missing line, in the form in which it is written.
    package let missing: String

    /// Creates a cell from its file, the line in it and the key in that line.
    package init(
        _ file: String, line: String? = nil, field: String? = nil, missing: String = ""
    ) {
        self.file = file
        self.line = line
        self.field = field
        self.missing = missing
    }

    /// The cell of one controller in `cgroup.subtree_control`; its value is `+memory` or `-memory`.
    static func passing(_ controller: String) -> ControlCell {
        ControlCell(passedOn, line: controller)
    }

    /// The v2 file that lists the controllers a cgroup enables for its children.
    static let passedOn = "cgroup.subtree_control"

    /// Creates a cell whose value is the whole file.
    package init(stringLiteral file: String) { self.init(file) }

    /// Extracts the value from the file's text.
    package func value(in text: String) -> String {
        guard let line else { return Self.trimmed(text[...]) }
        if file == Self.passedOn {
            return (text.split(separator: " ").contains(line[...]) ? "+" : "-") + line
        }
        for candidate in text.split(separator: "\n") {
            let words = candidate.split(separator: " ")
            guard words.first.map(String.init) == line else { continue }
            guard let field else {
                return Self.trimmed(candidate.dropFirst(line.count))
            }
            let pair = words.first { $0.hasPrefix("\(field)=") }
            return pair.map { String($0.dropFirst(field.count + 1)) } ?? missing
        }
        return missing
    }

    /// The text to write to set the cell to `value`.
    ///
    /// An empty value becomes a newline, because the kernel ignores an empty write. A partition
    /// that reads `root invalid (reason)` is written as `root`.
    package func command(_ value: String) -> String {
        // The file shows several lines, but takes only the value of the first.
        if file == "memory.oom_control" { return value }
        guard let line else {
            if value.isEmpty { return "\n" }
            return value.firstRange(of: " invalid").map { String(value[..<$0.lowerBound]) } ?? value
        }
        if file == Self.passedOn { return value }
        return field.map { "\(line) \($0)=\(value)" } ?? "\(line) \(value)"
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    /// The file, the line and the key: `io.max 8:0 rbps`.
    package var description: String {
        [file, line, field].compactMap { $0 }.joined(separator: " ")
    }
}
