/// A path in a cgroup namespace.
///
/// `/..` is the parent of the namespace's root (cgroup_namespaces(7)).
struct NamespacedPath: Hashable, Sendable {
    /// The number of levels above the namespace's root at which it begins.
    let levelsUp: Int
    /// The names below that level.
    let names: [[UInt8]]

    /// Parses the kernel's text.
    init(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "/")).map { Array($0) }
        levelsUp = parts.prefix { $0 == Self.above }.count
        names = Array(parts.dropFirst(levelsUp))
    }

    /// Whether a mount of this directory shows more of a hierarchy than a mount of another one.
    func showsMore(than other: NamespacedPath) -> Bool {
        let (own, others) = (levelsUp - names.count, other.levelsUp - other.names.count)
        return own == others ? names.count < other.names.count : own > others
    }

    private static let above = Array("..".utf8)
}
