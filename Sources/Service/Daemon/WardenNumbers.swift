import CgroupModel
import Enforcement
import Policy
import Reports
import Synchronization

/// The policy's state after each tick, for the exporter and `status`.
final class WardenNumbers: Sendable {

    private let state = Mutex(DaemonState())

    var current: DaemonState { state.withLock { $0 } }

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
