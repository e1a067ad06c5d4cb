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
    /// Whether each cgroup counts more tasks than its children together; nil if a count is missing,
    /// because the usage may then be the cgroup's own or a child's.
    ///
    /// A parent is read before its children, which were listed earlier. A task that begins or ends
    /// in between looks like one of the parent's own.
    var countsOwnTasks: [Bool?] {
        var tasks = [Int64?](repeating: 0, count: cgroups.count)
        let column = schema.column(of: .pidsCurrent)
        for position in cgroups.indices {
            let value = column.map { reading(cgroups[position].row, column: $0) }?.value
            // A recording may hold any number, and the sums of all must not overflow.
            var count = value.map { Int64(min($0, UInt64(Int32.max))) }
            // The root never has a count. Most of its usage is that of its children.
            if count == nil, cgroups[position].path.isRoot { count = 0 }
            tasks[position] = Self.sum(tasks[position], count)
            if let parent = cgroups[position].parent {
                tasks[parent] = Self.sum(tasks[parent], count.map { -$0 })
            }
        }
        return tasks.map { $0.map { $0 > 0 } }
    }

    private static func sum(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return nil }
        return one + other
    }
}
