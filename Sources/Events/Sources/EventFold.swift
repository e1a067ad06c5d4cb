/// Limits the number of events of a kind in a second, and counts the rest.
///
/// The first events of a storm are passed. One event then represents all others of that second.
package struct EventFold: Sendable {
    /// The default maximum number of events of a kind per second.
    package static let usual = 200

    private let most: Int
    private var start: UInt64 = 0
    private var passed: [EventKind: Int] = [:]
    private var folded: [EventKind: (count: UInt64, last: EventTime)] = [:]

    /// Creates a filter that passes `most` events of a kind per second.
    package init(most: Int = EventFold.usual) { self.most = most }

    /// Takes events at `now`, in nanoseconds of a clock that does not go back, and returns those to
    /// report.
    ///
    /// Events that represent others come first, once their second has passed.
    package mutating func take(_ events: [Event], now: UInt64) -> [Event] {
        var result: [Event] = []
        if now < start || now - start >= 1_000_000_000 {
            result = flush()
            start = now
            passed = [:]
        }
        for event in events {
            let count = passed[event.kind, default: 0]
            if count < most, event.folded == 0 {
                passed[event.kind] = count + 1
                result.append(event)
            } else {
                let before = folded[event.kind]?.count ?? 0
                folded[event.kind] = (before + max(event.folded, 1), event.time)
            }
        }
        return result
    }

    /// Whether events wait to be reported.
    package var isHolding: Bool { !folded.isEmpty }

    /// Returns the events that represent others.
    package mutating func flush() -> [Event] {
        defer { folded = [:] }
        return folded.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, rest in
            Event(kind, rest.last, folded: rest.count)
        }
    }
}
