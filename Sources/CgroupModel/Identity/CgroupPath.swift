/// The path of a cgroup from the topmost visible directory: `/`, `/a/b`.
///
/// The kernel forbids only `/` and newline in names, so a path is bytes. ``description`` and
/// ``name`` are safe to print; ``text`` is for programs.
package struct CgroupPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The raw bytes, with a leading `/`.
    package let bytes: [UInt8]

    /// The topmost visible cgroup.
    package static let root = CgroupPath(normalising: [])

    /// Creates a path with exactly one leading `/`, and no double or trailing ones.
    package init(normalising raw: [UInt8]) {
        var result: [UInt8] = []
        for part in raw.split(separator: UInt8(ascii: "/")) {
            result.append(UInt8(ascii: "/"))
            result.append(contentsOf: part)
        }
        bytes = result.isEmpty ? [UInt8(ascii: "/")] : result
    }

    /// Creates a path from literal text.
    package init(_ text: String) { self.init(normalising: Array(text.utf8)) }

    /// Parses a ``description``.
    package init(printed text: String) { self.init(normalising: PrintableText.bytes(of: text)) }

    /// Parses user input.
    ///
    /// Uses the literal name if that cgroup exists, otherwise the cgroup whose printed form it is.
    /// If neither exists, the parent is resolved in the same way and the last component is used
    /// literally.
    package init(typed text: String, where exists: (CgroupPath) throws -> Bool) rethrows {
        let literal = CgroupPath(text)
        let printed = CgroupPath(printed: text)
        if try printed == literal || exists(literal) {
            self = literal
        } else if try exists(printed) {
            self = printed
        } else {
            let above = literal.bytes.prefix(literal.bytes.count - literal.nameBytes.count - 1)
            self = try CgroupPath(typed: String(decoding: above, as: UTF8.self), where: exists)
                .child(literal.nameBytes)
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether this is the topmost visible cgroup.
    package var isRoot: Bool { bytes.count == 1 }

    /// Whether a component is `.` or `..`, which no cgroup can have as its name.
    ///
    /// The kernel would resolve them, so the path would name another cgroup than it seems to.
    package var hasDots: Bool {
        var dots = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "/"):
                if dots == 1 || dots == 2 { return true }
                dots = 0
            case UInt8(ascii: ".") where dots >= 0: dots += 1
            default: dots = -1
            }
        }
        return dots == 1 || dots == 2
    }

    /// The number of levels below the root: 0 for `/`, 2 for `/a/b`.
    package var depth: Int {
        isRoot ? 0 : bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
    }

    /// The path of a child directory.
    package func child(_ name: some Sequence<UInt8>) -> CgroupPath {
        var result = isRoot ? [] : bytes
        result.append(UInt8(ascii: "/"))
        result.append(contentsOf: name)
        return CgroupPath(bytes: result)
    }

    /// The parent directory; nil for the root.
    package var parent: CgroupPath? {
        guard !isRoot, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == 0 ? .root : CgroupPath(bytes: Array(bytes[..<slash]))
    }

    /// The path and its ancestors, from the root down.
    package var line: [CgroupPath] {
        var result = [self]
        while let above = result[result.count - 1].parent { result.append(above) }
        return result.reversed()
    }

    /// The last component, safe to print; `/` for the root.
    package var name: String { PrintableText.text(nameBytes) }

    /// The raw bytes of the last component; `/` for the root.
    package var nameBytes: ArraySlice<UInt8> {
        guard !isRoot, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// Whether this is `ancestor` or a descendant of it.
    package func isWithin(_ ancestor: CgroupPath) -> Bool {
        if ancestor.isRoot { return true }
        guard bytes.starts(with: ancestor.bytes) else { return false }
        return bytes.count == ancestor.bytes.count
            || bytes[ancestor.bytes.count] == UInt8(ascii: "/")
    }

    /// The path, safe to print; ``init(printed:)`` parses it.
    package var description: String { PrintableText.text(bytes) }

    /// The path, safe to print, as a word of a shell command.
    package var shellWord: String { ShellWord.quoted(description) }

    /// The path for programs: the raw bytes if they are valid UTF-8, otherwise as printed.
    package var text: String { Self.text(bytes[...]) }

    /// The bytes of a name as text if they are valid UTF-8, otherwise as printed.
    package static func text(_ bytes: ArraySlice<UInt8>) -> String {
        PrintableText.valid(bytes)
    }

    /// Hashes eight bytes at a time, because one call to the hasher per byte costs much more.
    package func hash(into hasher: inout Hasher) {
        var word: UInt64 = 0
        var count = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(count)
    }

    /// Orders by bytes with `/` lowest, so that descendants directly follow their ancestor.
    package static func < (left: CgroupPath, right: CgroupPath) -> Bool {
        for (a, b) in zip(left.bytes, right.bytes) where a != b {
            if a == UInt8(ascii: "/") { return true }
            if b == UInt8(ascii: "/") { return false }
            return a < b
        }
        return left.bytes.count < right.bytes.count
    }
}
