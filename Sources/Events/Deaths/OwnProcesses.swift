internal import CgroupModel
internal import Hierarchy

/// Returns whether a cgroup has processes of its own now; nil if that cannot be read.
typealias OwnProcesses = @Sendable (CgroupPath) -> Bool?

extension HierarchySet {
    /// Returns whether a cgroup has processes of its own in any hierarchy; nil if that is unknown.
    func hasOwnProcesses(_ path: CgroupPath) -> Bool? {
        let lists = Membership(self).members(of: path).filter { $0 != .noSuchCgroup }
        if lists.contains(where: { !$0.list.isEmpty }) { return true }
        let areRead = lists.allSatisfy { if case .processes = $0 { true } else { false } }
        return areRead && !lists.isEmpty ? false : nil
    }
}

extension Snapshot {
    /// Whether each cgroup counts more tasks than its children together.
    ///
    /// A parent is read before its children, which were listed earlier. A task that begins or ends
    /// in between looks like one of the parent's own.
    var countsOwnTasks: [Bool] {
        var tasks = [Int64](repeating: 0, count: cgroups.count)
        let column = schema.column(of: .pidsCurrent)
        for position in cgroups.indices {
            // A missing count is taken as one task, because the usage may be the cgroup's own.
            let value = column.map { reading(cgroups[position].row, column: $0) }?.value
            // A recording may hold any number, and the sums of all must not overflow.
            let count = Int64(min(value ?? 1, UInt64(Int32.max)))
            tasks[position] += count
            if let parent = cgroups[position].parent { tasks[parent] -= count }
        }
        return tasks.map { $0 > 0 }
    }
}
