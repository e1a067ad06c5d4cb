internal import KernelIO
internal import Synchronization

/// Facts about things such as cgroups, by their identity, that a gatherer finds out.
///
/// Asking never waits: the answer is what is known now. What nobody asks for any more is forgotten
/// after a while, and with it cgroups that are gone.
public final class GatheredFacts<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// What a look came to.
    public enum Outcome: Sendable {
        /// This is known now.
        case found(Value)
        /// It has to be looked for on the account of this user.
        case belongs(to: UInt32)
        /// It was cut short, and has to be done again when more may be spent.
        case cutShort
    }

    /// Finds a fact out: from what was known before, on the account of a user; tells how many bytes
    /// it has read, too.
    public typealias Find = @Sendable (_ known: Value, _ user: UInt32) -> (Outcome, bytes: Int)

    private struct Known: Sendable {
        var value: Value
        /// When it was found; nil for what was not looked for yet.
        var found: UInt64?
        var asked: UInt64
        var isQueued = false
        /// On whose account it is looked for, once that is known.
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

    /// What is found holds for as many seconds as `lifetime` says.
    public init(by gatherer: FactGatherer, lifetime: @escaping @Sendable (Value) -> Double) {
        self.gatherer = gatherer
        self.lifetime = { UInt64(lifetime($0) * 1e9) }
    }

    /// What is known now; if that is nothing, or is too old, it will be found out.
    ///
    /// - Parameters:
    ///   - user: On whose account it is looked for first.
    ///   - start: What holds until it was looked for, and whether it needs to be looked for at all.
    public func value(
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
            // There may be something to spend again.
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
            // Two may ask at once.
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

    /// Whether it was looked for, as far as anybody has asked for it.
    public func isSettled(_ key: Key) -> Bool {
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
        // There is too much of this user's already.
        if !isQueued { state.withLock { $0.known[key]?.isQueued = false } }
    }

    private func sweep(_ state: inout State, _ now: UInt64) {
        guard now > state.swept, now - state.swept > Self.sweepTime else { return }
        state.swept = now
        state.known = state.known.filter { now <= $0.value.asked + Self.sweepTime }
    }
}
