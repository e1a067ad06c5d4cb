/// Actions that can disrupt a cgroup's processes.
public enum Action: String, Sendable, CaseIterable {
    case freeze, kill, reclaim, pin, remove
    /// Lowers a limit.
    case limit
    /// Moves a process away.
    case move
}
