/// What may hurt who lives in a cgroup.
package enum DisruptiveAction: String, Hashable, Sendable, CaseIterable {
    case freeze, kill, reclaim, pin
    /// Lowering memory.max, memory.high, cpu.max, pids.max or an I/O rate.
    case limit
}
