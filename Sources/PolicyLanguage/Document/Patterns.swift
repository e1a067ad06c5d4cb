package import CgroupModel

/// A pattern for paths: `*` and `?` stay within a component, `**` crosses, `[a-z]`, `{a,b}`.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let glob: Glob

    /// Reads a pattern; nil if a bracket or brace is not closed.
    package init?(_ text: String) {
        let rooted = text.hasPrefix("/") || text.hasPrefix("*") ? text : "/\(text)"
        guard let glob = Glob(rooted, separator: "/") else { return nil }
        self.glob = glob
        description = text
    }

    /// Whether a path matches as a whole.
    package func matches(_ path: CgroupPath) -> Bool { glob.matches(path.text) }
}

/// A pattern for names and values: `*`, `?`, `[a-z]`, `{a,b}`; no character is special to it.
package struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let glob: Glob

    /// Reads a pattern; nil if a bracket or brace is not closed.
    package init?(_ text: String) {
        guard let glob = Glob(text, separator: nil) else { return nil }
        self.glob = glob
        description = text
    }

    /// Whether a text matches as a whole.
    package func matches(_ text: String) -> Bool { glob.matches(text) }
}
