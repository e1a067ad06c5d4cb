public import CgroupModel

/// Which cgroups are sampled: a subtree down to a depth, and its ancestors if they are wanted.
public struct SampleScope: Hashable, Sendable {
    /// The topmost cgroup.
    public let subtree: CgroupPath
    /// How many levels below ``subtree``; nil for all.
    public let depth: Int?
    /// Whether the cgroups above ``subtree`` are sampled too, for effective limits.
    public let withAncestors: Bool

    /// Joins the parts; everything by default.
    public init(subtree: CgroupPath = .root, depth: Int? = nil, withAncestors: Bool = false) {
        self.subtree = subtree
        self.depth = depth
        self.withAncestors = withAncestors
    }

    /// Whether a cgroup is sampled.
    public func contains(_ path: CgroupPath) -> Bool {
        if path.isWithin(subtree) {
            return depth.map { path.depth - subtree.depth <= $0 } ?? true
        }
        return withAncestors && subtree.isWithin(path)
    }

    /// Whether the children of a cgroup have to be looked at.
    func descends(into path: CgroupPath) -> Bool {
        if path.isWithin(subtree) {
            return depth.map { path.depth - subtree.depth < $0 } ?? true
        }
        return subtree.isWithin(path)
    }
}
