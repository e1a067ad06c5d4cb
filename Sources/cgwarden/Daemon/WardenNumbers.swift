import CgroupModel
import Enforcement
import Policy
import Synchronization

/// The policy's state after each tick, for the exporter and `status`.
final class WardenNumbers: Sendable {
    /// The state after one tick.
    struct State: Sendable {
        var policy = PolicyMetrics()
        var guards: [OOMGuardRunner.Status] = []
        /// The time that the policy took in the last tick, in nanoseconds.
        var duration: UInt64 = 0
        /// The number of ticks that began late.
        var lateTicks: UInt64 = 0
        var ticks: UInt64 = 0
        /// Whether the last reload succeeded.
        var isReloaded = true
        /// The time when the policy came into force, in microseconds since 1970.
        var reloadTime: UInt64 = 0
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func set(
        _ policy: PolicyMetrics, _ guards: [OOMGuardRunner.Status], nanoseconds: UInt64
    ) {
        state.withLock {
            $0.policy = policy
            $0.guards = guards
            $0.duration = nanoseconds
            $0.ticks += 1
        }
    }

    func noteLateTick() { state.withLock { $0.lateTicks += 1 } }

    /// Records the result of a reload.
    func noteReload(isDone: Bool, at now: UInt64) {
        state.withLock {
            $0.isReloaded = isDone
            if isDone { $0.reloadTime = now }
        }
    }
}
