public import CgroupModel
public import Policy

/// The facts about cgroups that no longer exist, such as those of a recording.
///
/// They come from paths alone. Nothing is protected or held.
public struct PathFacts: CgroupFacts {
    /// The layout of the host's hierarchies.
    public let mode: HierarchyMode
    private let disk: @Sendable (String) -> InstanceKey?

    /// Creates facts that look up disks with `disk`.
    public init(mode: HierarchyMode, disk: @escaping @Sendable (String) -> InstanceKey?) {
        self.mode = mode
        self.disk = disk
    }

    /// Returns the unit in the path.
    public func unit(of cgroup: CgroupEntry) -> String? { CgroupIdentity(cgroup.path).unit }
    /// Returns the identity in the path, because there is no runtime to query.
    public func identity(of cgroup: CgroupEntry) -> CgroupIdentity { CgroupIdentity(cgroup.path) }
    /// Nil: unknown.
    public func attribute(_ name: String, of cgroup: CgroupEntry) -> String? { nil }
    /// Nil: unknown.
    public func owner(of cgroup: CgroupEntry) -> UInt32? { nil }
    /// Empty: unknown.
    public func commands(of cgroup: CgroupEntry) -> Set<String> { [] }
    /// Nil: every action is allowed.
    public func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? { nil }
    /// Nil: there are no holds.
    public func hold(on cgroup: CgroupEntry) -> String? { nil }
    /// Returns the whole disk of a name.
    public func device(named name: String) -> InstanceKey? { disk(name) }
}
