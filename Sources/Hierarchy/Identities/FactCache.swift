internal import KernelIO
internal import Synchronization

/// A cache of facts about cgroups and other things, by their identity.
///
/// Entries that were not looked up for three minutes are dropped, including those of removed
/// cgroups.
package final class FactCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Known {
        let value: Value
        let found: UInt64
        var asked: UInt64
    }

    private struct State {
        var known: [Key: Known] = [:]
        var swept: UInt64 = 0
    }

    private let state = Mutex(State())
    private let lifetime: UInt64
    private static var sweepTime: UInt64 { 180_000_000_000 }

    /// Keeps each value for a fixed time.
    package init(seconds: Double) { lifetime = UInt64(seconds * 1e9) }

    /// The cached value if it is fresh; otherwise calls `find`.
    package func value(of key: Key, find: () -> Value) -> Value {
        value(of: key, at: MonotonicClock.nanoseconds) { _ in find() }
    }

    /// The value at a given time; `find` receives the stale value, nil if there is none.
    func value(of key: Key, at now: UInt64, find: (Value?) -> Value) -> Value {
        let (old, isFresh) = state.withLock { state -> (Value?, Bool) in
            guard let known = state.known[key] else { return (nil, false) }
            state.known[key]?.asked = max(known.asked, now)
            return (known.value, Self.time(since: known.found, now) < lifetime)
        }
        if let old, isFresh { return old }
        // Computed without the lock, so that other keys need not wait; two callers may do the same
        // work.
        let value = find(old)
        state.withLock { state in
            state.known[key] = Known(value: value, found: now, asked: now)
            guard Self.time(since: state.swept, now) > Self.sweepTime else { return }
            state.swept = now
            state.known = state.known.filter {
                Self.time(since: $0.value.asked, now) < Self.sweepTime
            }
        }
        return value
    }

    /// Zero if `now` is earlier: callers may arrive in another order than they read the clock.
    private static func time(since then: UInt64, _ now: UInt64) -> UInt64 {
        now > then ? now - then : 0
    }
}
