public import CgroupModel
public import Policy

/// What can be known of cgroups that are no more, as those of a recording: what their paths tell.
///
/// Nothing is protected, and nobody holds anything.
public struct PathFacts: CgroupFacts {
    /// How the machine mounted its hierarchies.
    public let mode: HierarchyMode
    private let disk: @Sendable (String) -> InstanceKey?

    /// Takes how to find a disk by its name.
    public init(mode: HierarchyMode, disk: @escaping @Sendable (String) -> InstanceKey?) {
        self.mode = mode
        self.disk = disk
    }

    /// The unit that the path names.
    public func unit(of cgroup: CgroupEntry) -> String? { CgroupIdentity(cgroup.path).unit }
    /// What the path tells; no runtime is there to ask.
    public func identity(of cgroup: CgroupEntry) -> CgroupIdentity { CgroupIdentity(cgroup.path) }
    /// Not known.
    public func attribute(_ name: String, of cgroup: CgroupEntry) -> String? { nil }
    /// Not known.
    public func owner(of cgroup: CgroupEntry) -> UInt32? { nil }
    /// Not known.
    public func commands(of cgroup: CgroupEntry) -> Set<String> { [] }
    /// Nothing is refused.
    public func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? { nil }
    /// Nothing is held.
    public func hold(on cgroup: CgroupEntry) -> String? { nil }
    /// The whole disk of a name.
    public func device(named name: String) -> InstanceKey? { disk(name) }
}
