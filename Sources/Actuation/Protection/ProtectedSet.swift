public import CgroupModel
public import Hierarchy

/// The cgroups that must not be acted on.
public struct ProtectedSet: Sendable {
    /// What is about to be done.
    public enum Action: Sendable { case limit }

    /// Looks at this machine's hierarchies.
    public init(set: HierarchySet, system: SystemRoot) {}

    /// Why the action is refused, nil if it is allowed.
    public func refusal(of action: Action, on path: CgroupPath) -> String? {
        path.isRoot ? "/ is the root of a hierarchy and cannot be limited; name a cgroup" : nil
    }
}
