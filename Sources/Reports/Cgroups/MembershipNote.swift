import Hierarchy

/// A note on the hierarchies in which a process is a member of a cgroup.
enum MembershipNote {
    /// Returns the shorter list: the hierarchies in which the process is in the cgroup, or those in
    /// which it is in another one.
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
            ? "  (elsewhere in \(list(others)))" : "  (here only in \(list(own)))"
    }

    private static func list(_ labels: [String]) -> String {
        (labels.count == 1 ? "hierarchy " : "hierarchies ") + labels.joined(separator: ", ")
    }
}
