/// A path as a cgroup namespace shows it: `/..` stands for the parent of the namespace's root
/// (cgroup_namespaces(7)).
struct NamespacedPath: Hashable, Sendable {
    /// How many levels above the namespace's root it begins.
    let levelsUp: Int
    /// The names below that.
    let names: [[UInt8]]

    /// Takes the kernel's text.
    init(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "/")).map { Array($0) }
        levelsUp = parts.prefix { $0 == Self.above }.count
        names = Array(parts.dropFirst(levelsUp))
    }

    /// Whether a mount of this directory shows more of a hierarchy than one of another directory.
    func showsMore(than other: NamespacedPath) -> Bool {
        let (own, others) = (levelsUp - names.count, other.levelsUp - other.names.count)
        return own == others ? names.count < other.names.count : own > others
    }

    private static let above = Array("..".utf8)
}
