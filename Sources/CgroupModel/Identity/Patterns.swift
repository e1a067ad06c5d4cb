/// A pattern for paths: `*` and `?` match within a component, `**` across, `[a-z]`, `{a,b}`.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as written.
    package let description: String
    private let form: Form

    private enum Form: Hashable {
        case glob(Glob)
        case subtree(CgroupPath)
    }

    /// Parses a pattern; nil if a bracket or brace is not closed.
    package init?(_ text: String) {
        let rooted = text.hasPrefix("/") || text.hasPrefix("*") ? text : "/\(text)"
        guard let glob = Glob(rooted, separator: "/") else { return nil }
        form = .glob(glob)
        description = text
    }

    /// Matches a cgroup and its descendants.
    package init(subtree path: CgroupPath) {
        form = .subtree(path)
        description = path.description
    }

    /// Whether a path matches as a whole.
    package func matches(_ path: CgroupPath) -> Bool {
        switch form {
        case .glob(let glob): glob.matches(path.text)
        case .subtree(let top): path.isWithin(top)
        }
    }

    /// The deepest cgroup that contains all matches, and whether it is the only possible match.
    package var top: (path: CgroupPath, isOnlyMatch: Bool) {
        let glob: Glob
        switch form {
        case .subtree(let path): return (path, false)
        case .glob(let written): glob = written
        }
        let (text, isAll) = glob.literalStart
        // Escaped names match only as text, and `/..` would lead out of the tree.
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }),
            !text.contains("/.."), let slash = text.lastIndex(of: "/")
        else { return (.root, false) }
        return (CgroupPath(isAll ? text : String(text[...slash])), isAll)
    }
}

/// A pattern for names and values: `*`, `?`, `[a-z]`, `{a,b}`, without a separator.
package struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as written.
    package let description: String
    private let glob: Glob

    /// Parses a pattern; nil if a bracket or brace is not closed.
    package init?(_ text: String) {
        guard let glob = Glob(text, separator: nil) else { return nil }
        self.glob = glob
        description = text
    }

    /// Whether a text matches as a whole.
    package func matches(_ text: String) -> Bool { glob.matches(text) }
}
