internal import CgroupModel

/// A position in a configuration file; line and column count from 1.
package struct ConfigPosition: Hashable, Sendable, CustomStringConvertible {
    /// The name that the file was loaded under.
    package let file: String
    /// The line number.
    package let line: Int
    /// The column in characters.
    package let column: Int

    /// Creates a position from a file name, a line and a column.
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `FILE:LINE:COLUMN`, as compilers write it.
    package var description: String { "\(file.onOneLine):\(line):\(column)" }
}

/// An error in a configuration file.
package struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The position of the error.
    package let position: ConfigPosition
    /// The error and its remedy, without the position.
    package let message: String

    /// Creates an error at a position.
    package init(_ position: ConfigPosition, _ message: String) {
        self.position = position
        // The message may quote content of the file.
        self.message = message.onOneLine
    }

    /// The complete message.
    package var description: String { "\(position): \(message)" }
}

/// A node of a configuration file.
///
/// Scalars remain the text that the operator wrote, so `8:0`, `no` and `010` are never
/// reinterpreted. The schema that walks the tree determines their types.
package struct ConfigNode: Hashable, Sendable {
    /// The content of a node.
    package enum Content: Hashable, Sendable {
        /// A scalar; empty if nothing follows the key.
        case text(String)
        /// A list.
        case sequence([ConfigNode])
        /// The entries in file order; no key occurs twice.
        case mapping([ConfigEntry])
    }

    /// The content.
    package let content: Content
    /// The position where the node begins.
    package let position: ConfigPosition

    /// Creates a node from its content and position.
    package init(_ content: Content, at position: ConfigPosition) {
        self.content = content
        self.position = position
    }
}

/// An entry of a mapping: a key and its value.
package struct ConfigEntry: Hashable, Sendable {
    /// The key.
    package let key: String
    /// The position where the key begins.
    package let position: ConfigPosition
    /// The value.
    package let value: ConfigNode

    /// Creates an entry from a key, its position and its value.
    package init(key: String, position: ConfigPosition, value: ConfigNode) {
        self.key = key
        self.position = position
        self.value = value
    }
}
