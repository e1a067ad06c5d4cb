internal import CgroupModel
internal import KernelIO
internal import Synchronization

/// What was found out about cgroups, by their identity, for a time.
///
/// What nobody asks for any more is forgotten after a while, and with it cgroups that are gone.
final class FactCache<Value: Sendable>: Sendable {
    private struct Known {
        let value: Value
        let found: UInt64
        var asked: UInt64
    }

    private struct State {
        var known: [CgroupID: Known] = [:]
        var swept: UInt64 = 0
    }

    private let state = Mutex(State())
    private let lifetime: UInt64?
    private static var sweepTime: UInt64 { 60_000_000_000 }

    /// Keeps what was found for this long; nil for as long as the cgroup lives.
    init(seconds: Double?) { lifetime = seconds.map { UInt64($0 * 1e9) } }

    /// What is known, or else is found out now.
    func value(of cgroup: CgroupID, find: () -> Value) -> Value {
        let now = MonotonicClock.nanoseconds
        let known = state.withLock { state -> Value? in
            guard let known = state.known[cgroup],
                lifetime.map({ now - known.found < $0 }) ?? true
            else { return nil }
            state.known[cgroup]?.asked = now
            return known.value
        }
        if let known { return known }
        // Others need not wait for this answer; two may find it out at once.
        let value = find()
        state.withLock { state in
            state.known[cgroup] = Known(value: value, found: now, asked: now)
            guard now - state.swept > Self.sweepTime else { return }
            state.swept = now
            state.known = state.known.filter { now - $0.value.asked < Self.sweepTime }
        }
        return value
    }
}
