package import CgroupModel

/// The cgroups to sample: a subtree down to a depth, optionally with its ancestors and the
/// ancestors' children.
package struct SampleScope: Hashable, Sendable {
    /// The topmost cgroup.
    package let subtree: CgroupPath
    /// The number of levels below ``subtree``; nil for all.
    package let depth: Int?
    /// Whether the ancestors of ``subtree`` are also sampled, for effective limits.
    package let withAncestors: Bool

    /// Whether the children of these ancestors are also sampled, for competition among them.
    package let withSiblings: Bool

    /// Creates a scope; by default, it contains all cgroups.
    package init(
        subtree: CgroupPath = .root, depth: Int? = nil, withAncestors: Bool = false,
        withSiblings: Bool = false
    ) {
        self.subtree = subtree
        self.depth = depth
        self.withAncestors = withAncestors
        self.withSiblings = withSiblings
    }

    /// Whether a cgroup is sampled.
    package func contains(_ path: CgroupPath) -> Bool {
        if path.isWithin(subtree) {
            return depth.map { path.depth - subtree.depth <= $0 } ?? true
        }
        if withSiblings, let parent = path.parent, subtree.isWithin(parent) { return true }
        return withAncestors && subtree.isWithin(path)
    }

    /// Whether the children of a cgroup must be listed.
    func descends(into path: CgroupPath) -> Bool {
        if path.isWithin(subtree) {
            return depth.map { path.depth - subtree.depth < $0 } ?? true
        }
        return subtree.isWithin(path)
    }
}
