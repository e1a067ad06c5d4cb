internal import CgroupModel

/// Where something stands in a configuration file; line and column count from 1.
public struct ConfigPosition: Hashable, Sendable, CustomStringConvertible {
    /// The name under which the file was loaded.
    public let file: String
    /// The line.
    public let line: Int
    /// The column, in characters.
    public let column: Int

    /// Joins the parts.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `FILE:LINE:COLUMN`, as compilers write it.
    public var description: String { "\(file.onOneLine):\(line):\(column)" }
}

/// Why a configuration cannot be used, and where.
public struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place of the cause.
    public let position: ConfigPosition
    /// What is wrong and what to do, without the place.
    public let message: String

    /// Joins the parts.
    public init(_ position: ConfigPosition, _ message: String) {
        self.position = position
        // It may quote what the file holds.
        self.message = message.onOneLine
    }

    /// The whole line for people.
    public var description: String { "\(position): \(message)" }
}

/// One node of a configuration file.
///
/// Scalars stay the text that the operator wrote, so `8:0`, `no` and `010` are never reinterpreted;
/// the schema that walks the tree gives them their types.
public struct ConfigNode: Hashable, Sendable {
    /// What a node holds.
    public enum Content: Hashable, Sendable {
        /// A scalar; empty where nothing was written after a key.
        case text(String)
        /// A list.
        case sequence([ConfigNode])
        /// Keys and values in the order of the file; no key stands twice.
        case mapping([ConfigEntry])
    }

    /// What it holds.
    public let content: Content
    /// Where it begins.
    public let position: ConfigPosition

    /// Joins the parts.
    public init(_ content: Content, at position: ConfigPosition) {
        self.content = content
        self.position = position
    }
}

/// A key of a mapping with its value.
public struct ConfigEntry: Hashable, Sendable {
    /// The key.
    public let key: String
    /// Where the key begins.
    public let position: ConfigPosition
    /// The value.
    public let value: ConfigNode

    /// Joins the parts.
    public init(key: String, position: ConfigPosition, value: ConfigNode) {
        self.key = key
        self.position = position
        self.value = value
    }
}
