import Hierarchy

/// Says in which trees a process is a member, where that is not every tree that has the cgroup.
enum MembershipNote {
    /// Empty, or the shorter of the trees that it is in and of those that it is not in.
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
