public import CgroupModel

/// A pattern for paths: `*` and `?` stay within a component, `**` crosses, `[a-z]`, `{a,b}`.
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let glob: Glob

    /// Reads a pattern; nil if a bracket or brace is not closed.
    public init?(_ text: String) {
        let rooted = text.hasPrefix("/") || text.hasPrefix("*") ? text : "/\(text)"
        guard let glob = Glob(rooted, separator: "/") else { return nil }
        self.glob = glob
        description = text
    }

    /// Whether a path matches as a whole.
    public func matches(_ path: CgroupPath) -> Bool { glob.matches(path.text) }
}

/// A pattern for names and values: `*`, `?`, `[a-z]`, `{a,b}`; no character is special to it.
public struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let glob: Glob

    /// Reads a pattern; nil if a bracket or brace is not closed.
    public init?(_ text: String) {
        guard let glob = Glob(text, separator: nil) else { return nil }
        self.glob = glob
        description = text
    }

    /// Whether a text matches as a whole.
    public func matches(_ text: String) -> Bool { glob.matches(text) }
}
