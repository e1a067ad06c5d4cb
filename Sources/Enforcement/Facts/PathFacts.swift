package import CgroupModel
internal import Policy

/// The facts about recorded cgroups, as far as their paths show them.
///
/// Nothing is protected or held.
package struct PathFacts: CgroupFacts {
    /// The cgroup mode of the host.
    package let mode: HierarchyMode
    private let disk: @Sendable (String) -> InstanceKey?

    /// Creates facts that look up disks with `disk`.
    package init(mode: HierarchyMode, disk: @escaping @Sendable (String) -> InstanceKey?) {
        self.mode = mode
        self.disk = disk
    }

    /// Returns the unit in the path.
    package func unit(of cgroup: CgroupEntry) -> String? { CgroupIdentity(cgroup.path).unit }
    /// Returns the identity in the path, because there is no runtime to query.
    package func identity(of cgroup: CgroupEntry) -> CgroupIdentity { CgroupIdentity(cgroup.path) }
    /// Nil: unknown.
    package func attribute(_ name: String, of cgroup: CgroupEntry) -> String? { nil }
    /// Nil: unknown.
    package func owner(of cgroup: CgroupEntry) -> UInt32? { nil }
    /// Empty: unknown.
    package func commands(of cgroup: CgroupEntry) -> Set<String> { [] }
    /// Nil: every action is allowed.
    package func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? { nil }
    /// Nil: there are no holds.
    package func hold(on cgroup: CgroupEntry) -> String? { nil }
    /// Returns the whole disk that a name refers to.
    package func device(named name: String) -> InstanceKey? { disk(name) }
}
