/// What can be done to a cgroup that may hurt those who live in it.
public enum Action: String, Sendable, CaseIterable {
    case freeze, kill, reclaim, pin, remove
    /// Lowering a limit.
    case limit
    /// Moving a process away.
    case move
}
