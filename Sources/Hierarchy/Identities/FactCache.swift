internal import KernelIO
internal import Synchronization

/// What was found out about things such as cgroups, by their identity, for a time.
///
/// What nobody asks for any more is forgotten after a while, and with it cgroups that are gone.
public final class FactCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
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
    private let lifetime: @Sendable (Value) -> UInt64
    private static var sweepTime: UInt64 { 180_000_000_000 }

    /// Keeps what was found for this long.
    public init(seconds: Double) {
        let nanoseconds = UInt64(seconds * 1e9)
        lifetime = { _ in nanoseconds }
    }

    /// Keeps what was found for as many seconds as it says.
    init(seconds: @escaping @Sendable (Value) -> Double) {
        lifetime = { UInt64(seconds($0) * 1e9) }
    }

    /// What is known, or else is found out now.
    public func value(of key: Key, find: () -> Value) -> Value {
        value(of: key, at: MonotonicClock.nanoseconds) { _ in find() }
    }

    /// The same at a time, where what was known helps to find out anew; nil for to be asked again.
    func value(of key: Key, at now: UInt64, find: (Value?) -> Value) -> Value {
        let (old, isFresh) = state.withLock { state -> (Value?, Bool) in
            guard let known = state.known[key] else { return (nil, false) }
            state.known[key]?.asked = max(known.asked, now)
            return (known.value, Self.time(since: known.found, now) < lifetime(known.value))
        }
        if let old, isFresh { return old }
        // Others need not wait for this answer; two may find it out at once.
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

    /// Who read the clock first need not come here first.
    private static func time(since then: UInt64, _ now: UInt64) -> UInt64 {
        now > then ? now - then : 0
    }
}
