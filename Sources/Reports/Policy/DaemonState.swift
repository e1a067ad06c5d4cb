package import Enforcement
internal import KernelIO
package import Policy

/// The state of the daemon after one tick.
package struct DaemonState: Sendable {
    /// The engine's counts.
    package var policy = PolicyMetrics()
    /// The state of each OOM guard.
    package var guards: [OOMGuardRunner.Status] = []
    /// The time that the policy took in the last tick, in nanoseconds.
    package var duration: UInt64 = 0
    /// The time when the daemon started, in nanoseconds of CLOCK_MONOTONIC.
    package let start = MonotonicClock.nanoseconds
    /// The number of ticks that began late.
    package var lateTicks: UInt64 = 0
    /// The number of ticks.
    package var ticks: UInt64 = 0
    /// Whether the last reload succeeded.
    package var isReloaded = true
    /// The time when the policy came into force, in microseconds since 1970.
    package var reloadTime: UInt64 = 0
    /// The history; nil if none is kept.
    package var history: HistoryState?

    /// Creates the state before the first tick.
    package init() {}
}
