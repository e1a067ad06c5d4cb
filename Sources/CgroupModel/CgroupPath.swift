/// The place of a cgroup in the tree, from the topmost visible directory: `/`, `/a/b`.
///
/// The kernel forbids only `/` and newline in names, so a path is bytes, not text.
public struct CgroupPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bytes as the kernel has them, with a leading `/`.
    public let bytes: [UInt8]

    /// The topmost visible cgroup.
    public static let root = CgroupPath(normalising: [])

    /// Keeps what is given, with one leading `/`, no doubled and no trailing one.
    public init(normalising raw: [UInt8]) {
        var result: [UInt8] = []
        for part in raw.split(separator: UInt8(ascii: "/")) {
            result.append(UInt8(ascii: "/"))
            result.append(contentsOf: part)
        }
        bytes = result.isEmpty ? [UInt8(ascii: "/")] : result
    }

    /// Takes what a person typed.
    public init(_ text: String) { self.init(normalising: Array(text.utf8)) }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether this is the topmost visible cgroup.
    public var isRoot: Bool { bytes.count == 1 }

    /// How many directories below the root: 0 for `/`, 2 for `/a/b`.
    public var depth: Int {
        isRoot ? 0 : bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
    }

    /// The path of a child directory.
    public func child(_ name: some Sequence<UInt8>) -> CgroupPath {
        var result = isRoot ? [] : bytes
        result.append(UInt8(ascii: "/"))
        result.append(contentsOf: name)
        return CgroupPath(bytes: result)
    }

    /// The directory above, nil for the root.
    public var parent: CgroupPath? {
        guard !isRoot, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == 0 ? .root : CgroupPath(bytes: Array(bytes[..<slash]))
    }

    /// The cgroups from the root down to this one.
    public var line: [CgroupPath] {
        var result = [self]
        while let above = result[result.count - 1].parent { result.append(above) }
        return result.reversed()
    }

    /// The last component, `/` for the root.
    public var name: String {
        guard !isRoot, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "/" }
        return Self.text(bytes[(slash + 1)...])
    }

    /// Whether this cgroup is `ancestor` or lies below it.
    public func isWithin(_ ancestor: CgroupPath) -> Bool {
        if ancestor.isRoot { return true }
        guard bytes.starts(with: ancestor.bytes) else { return false }
        return bytes.count == ancestor.bytes.count
            || bytes[ancestor.bytes.count] == UInt8(ascii: "/")
    }

    /// The path as text; a byte that is not UTF-8 is written `\xNN`.
    public var description: String { Self.text(bytes[...]) }

    /// Text for bytes of a kernel name; a byte that is not UTF-8 is written `\xNN`.
    public static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var result = ""
        var rest = bytes
        while let first = rest.first {
            if let length = (1...4).first(where: {
                $0 <= rest.count && String(validating: rest.prefix($0), as: UTF8.self) != nil
            }) {
                result += String(decoding: rest.prefix(length), as: UTF8.self)
                rest = rest.dropFirst(length)
            } else {
                let hex = String(first, radix: 16)
                result += "\\x" + (hex.count == 1 ? "0" + hex : hex)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Byte order with `/` lowest, so that a cgroup stands directly before its descendants.
    public static func < (left: CgroupPath, right: CgroupPath) -> Bool {
        for (a, b) in zip(left.bytes, right.bytes) where a != b {
            if a == UInt8(ascii: "/") { return true }
            if b == UInt8(ascii: "/") { return false }
            return a < b
        }
        return left.bytes.count < right.bytes.count
    }
}
