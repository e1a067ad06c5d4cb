internal import KernelIO
internal import Synchronization

/// Facts about cgroups and other things, by their identity, found by a ``FactGatherer``.
///
/// A lookup never waits: it returns what is known now. Entries that were not looked up for three
/// minutes are dropped, including those of removed cgroups.
package final class GatheredFacts<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The result of a search.
    package enum Outcome: Sendable {
        /// The new value.
        case found(Value)
        /// The search must be charged to this user.
        case belongs(to: UInt32)
        /// The search was cut short and must be repeated when more may be spent.
        case cutShort
    }

    /// Searches for a fact on a user's account, given the last value; also returns the bytes read.
    package typealias Find = @Sendable (_ known: Value, _ user: UInt32) -> (Outcome, bytes: Int)

    private struct Known: Sendable {
        var value: Value
        /// The time of the search; nil before the first one.
        var found: UInt64?
        var asked: UInt64
        var isQueued = false
        /// The user to charge; nil until it is known.
        var account: UInt32?
    }

    private struct State: Sendable {
        var known: [Key: Known] = [:]
        var swept: UInt64 = 0
    }

    private let gatherer: FactGatherer
    private let lifetime: @Sendable (Value) -> UInt64
    private let state = Mutex(State())
    private static var sweepTime: UInt64 { 180_000_000_000 }

    /// Uses a gatherer; `lifetime` is the number of seconds for which a value stays fresh.
    package init(by gatherer: FactGatherer, lifetime: @escaping @Sendable (Value) -> Double) {
        self.gatherer = gatherer
        self.lifetime = { UInt64(lifetime($0) * 1e9) }
    }

    /// The value known now; starts a search if there is none yet or it is too old.
    ///
    /// - Parameters:
    ///   - user: The user to charge for the first search.
    ///   - start: The value until the first search ends, and whether no search is needed.
    package func value(
        of key: Key, on user: UInt32, start: () -> (Value, isFinal: Bool), find: @escaping Find
    ) -> Value {
        value(of: key, at: MonotonicClock.nanoseconds, on: user, start: start, find: find)
    }

    func value(
        of key: Key, at now: UInt64, on user: UInt32, start: () -> (Value, isFinal: Bool),
        find: @escaping Find
    ) -> Value {
        let known = state.withLock { state -> (value: Value, isQueued: Bool, isDue: Bool)? in
            guard let known = state.known[key] else { return nil }
            state.known[key]?.asked = max(known.asked, now)
            let isDue = known.found.map { now >= $0 && now - $0 >= lifetime(known.value) } ?? true
            if isDue { state.known[key]?.isQueued = true }
            return (known.value, known.isQueued, isDue)
        }
        guard let known else { return begin(key, at: now, on: user, start(), find) }
        if known.isQueued {
            // The allowance may have been replenished.
            gatherer.goOn()
        } else if known.isDue {
            ask(key, on: user, at: now, find)
        }
        return known.value
    }

    private func begin(
        _ key: Key, at now: UInt64, on user: UInt32, _ start: (value: Value, isFinal: Bool),
        _ find: @escaping Find
    ) -> Value {
        let isFirst = state.withLock { state in
            // Two callers may get here at once.
            guard state.known[key] == nil else { return false }
            state.known[key] = Known(
                value: start.value, found: start.isFinal ? now : nil, asked: now,
                isQueued: !start.isFinal)
            sweep(&state, now)
            return true
        }
        if isFirst, !start.isFinal { ask(key, on: user, at: now, find) }
        return start.value
    }

    /// Whether the search is done; true if the key was never looked up.
    package func isSettled(_ key: Key) -> Bool {
        state.withLock { $0.known[key].map { $0.found != nil } ?? true }
    }

    private func ask(_ key: Key, on user: UInt32, at now: UInt64, _ find: @escaping Find) {
        let user = state.withLock { $0.known[key]?.account } ?? user
        let isQueued = gatherer.add(on: user) { [self] in
            guard let known = state.withLock({ $0.known[key]?.value }) else { return 0 }
            let (outcome, bytes) = find(known, user)
            switch outcome {
            case .found(let value):
                state.withLock { state in
                    state.known[key]?.value = value
                    state.known[key]?.found = now
                    state.known[key]?.isQueued = false
                }
            case .belongs(let other):
                state.withLock { $0.known[key]?.account = other }
                ask(key, on: other, at: now, find)
            case .cutShort: ask(key, on: user, at: now, find)
            }
            return bytes
        }
        // The user's queue is full; the next request tries again.
        if !isQueued { state.withLock { $0.known[key]?.isQueued = false } }
    }

    private func sweep(_ state: inout State, _ now: UInt64) {
        guard now > state.swept, now - state.swept > Self.sweepTime else { return }
        state.swept = now
        state.known = state.known.filter { now <= $0.value.asked + Self.sweepTime }
    }
}
