/// Actions that can disrupt a cgroup's processes.
package enum DisruptiveAction: String, Hashable, Sendable, CaseIterable {
    case freeze, kill, reclaim, pin, remove
    /// Lowers a limit.
    case limit
    /// Moves a process away.
    case move
}
