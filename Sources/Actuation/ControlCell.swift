/// One value in an interface file: the file itself, the line of a device, or a key in that line.
public struct ControlCell: Hashable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The interface file.
    public let file: String
    /// The first word of the line, nil where the file is the value.
    public let line: String?
    /// The key in the line, nil where the rest of the line is the value.
    public let field: String?
    /// What a missing line means, as it would be written.
    public let missing: String

    /// Joins the parts.
    public init(
        _ file: String, line: String? = nil, field: String? = nil, missing: String = ""
    ) {
        self.file = file
        self.line = line
        self.field = field
        self.missing = missing
    }

    /// Whether a cgroup of v2 passes a controller on: `+memory` or `-memory`, as it is written.
    static func passing(_ controller: String) -> ControlCell {
        ControlCell(passedOn, line: controller)
    }

    /// The file of v2 that lists the controllers which a cgroup passes on.
    static let passedOn = "cgroup.subtree_control"

    /// A file that is the value.
    public init(stringLiteral file: String) { self.init(file) }

    /// The value in the text of the file.
    public func value(in text: String) -> String {
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

    /// What is written so that the value becomes this one.
    ///
    /// An empty value is a newline, since the kernel takes an empty write for nothing. A partition
    /// that reads `root invalid (reason)` is written as `root`.
    public func command(_ value: String) -> String {
        // It shows several lines, and takes the value of the first alone.
        if file == "memory.oom_control" { return value }
        guard let line else {
            if value.isEmpty { return "\n" }
            return value.firstRange(of: " invalid").map { String(value[..<$0.lowerBound]) } ?? value
        }
        if file == Self.passedOn { return value }
        return field.map { "\(line) \($0)=\(value)" } ?? "\(line) \(value)"
    }

    /// Whether two texts of this value mean the same; v1 has many numbers for unlimited, and two
    /// words for a freeze.
    public static func isSame(_ left: String, _ right: String) -> Bool {
        canonical(left) == canonical(right)
    }

    private static func canonical(_ text: String) -> String {
        let text = trimmed(text[...])
        // v1 says so while a member is missing, one that has just been forked for example.
        return text == "FREEZING" ? "FROZEN" : readable(text)
    }

    /// A value for a person: "max" for all of v1's numbers for unlimited, "(empty)" for nothing.
    public static func readable(_ text: String) -> String {
        if let number = UInt64(text) { return number >= 1 << 62 ? "max" : String(number) }
        return text.isEmpty ? "(empty)" : text == "-1" ? "max" : text
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    /// The file, and where in it: `io.max 8:0 rbps`.
    public var description: String {
        [file, line, field].compactMap { $0 }.joined(separator: " ")
    }
}
