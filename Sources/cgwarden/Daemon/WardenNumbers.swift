import CgroupModel
import Enforcement
import Policy
import Synchronization

/// What the policy tells about itself after each tick, for the exporter and for `status`.
final class WardenNumbers: Sendable {
    /// One tick's numbers.
    struct State: Sendable {
        var policy = PolicyMetrics()
        var guards: [OOMGuardRunner.Status] = []
        /// How long the policy took in the last tick, in nanoseconds.
        var duration: UInt64 = 0
        /// Ticks that began later than they should have.
        var lateTicks: UInt64 = 0
        var ticks: UInt64 = 0
        /// Whether the policy that was read last is in force.
        var isReloaded = true
        /// When a policy came into force, in microseconds since 1970.
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

    /// Notes that a policy was read, and whether it is in force.
    func noteReload(isDone: Bool, at now: UInt64) {
        state.withLock {
            $0.isReloaded = isDone
            if isDone { $0.reloadTime = now }
        }
    }
}
