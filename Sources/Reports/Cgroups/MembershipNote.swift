import Hierarchy

/// A note on the hierarchies in which a process is a member of a cgroup.
enum MembershipNote {
    /// Returns the shorter list: the hierarchies that include the process, or those that do not.
    ///
    /// Returns an empty string if it is a member in every hierarchy that has the cgroup.
    static func text(
        of pid: Int32, _ hierarchies: [MountedHierarchy], _ members: [Membership.Members]
    ) -> String {
        let present = zip(hierarchies, members).filter { $0.1 != .noSuchCgroup }
        let own = present.filter { $0.1.list.contains(pid) }.map(\.0.label)
        let others = present.filter { !$0.1.list.contains(pid) }.map(\.0.label)
        if others.isEmpty { return "" }
        return others.count < own.count
            ? "  (not in \(others.joined(separator: ", ")))"
            : "  (\(own.joined(separator: ", ")))"
    }
}
