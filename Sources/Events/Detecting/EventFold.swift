internal import CgroupModel

/// Limits the number of events of a kind, and of a kind in one part of the tree, and counts the
/// rest.
///
/// The first events of a storm pass. Further events are counted and folded into one event per
/// class, which names the part of the tree. Events beyond the bound of their kind are folded into
/// one event per kind, which names no part.
package struct EventFold: Sendable {
    /// The default maximum number of events of a class in a burst.
    package static let usual = 200
    /// The maximum number of events of a kind per second, in bursts of one class.
    private static let classesAtOnce = 4
    /// The maximum number of classes; further ones have only the bound of their kind.
    private static let mostClasses = 1024

    private let most: Int
    private var start: UInt64 = 0
    private var passed: [EventKind: Int] = [:]
    private var folded: [EventKind: FoldedEvents] = [:]
    private var shares: [EventClass: EventShare] = [:]
    /// The number of classes with folded events.
    private var holding = 0

    /// Creates a filter that passes `most` events of a class in a burst.
    package init(most: Int = EventFold.usual) { self.most = most }

    /// Takes events at `now`, in nanoseconds of a clock that does not go back, and returns those to
    /// report.
    ///
    /// Folded events come first, once enough time has passed to report them.
    package mutating func take(_ events: [Event], now: UInt64) -> [Event] {
        var result = due(now)
        for event in events {
            let own = EventClass(event)
            guard event.folded == 0, passes(own, now) else {
                fold(event, own, now)
                continue
            }
            let count = passed[event.kind, default: 0]
            if count < most * Self.classesAtOnce {
                passed[event.kind] = count + 1
                result.append(event)
            } else {
                folded[event.kind] = FoldedEvents(event, after: folded[event.kind])
            }
        }
        return result
    }

    /// Whether events wait to be reported.
    package var isHolding: Bool { !folded.isEmpty || holding > 0 }

    /// Returns all folded events now.
    package mutating func flush() -> [Event] {
        flushClasses { $0.takeFolded() } + flushKinds()
    }

    private func share(of own: EventClass, _ now: UInt64) -> EventShare? {
        if let known = shares[own] { return known }
        return shares.count < Self.mostClasses ? EventShare(burst: most, at: now) : nil
    }

    private mutating func passes(_ own: EventClass, _ now: UInt64) -> Bool {
        guard var share = share(of: own, now) else { return true }
        defer { shares[own] = share }
        return share.passes(at: now)
    }

    private mutating func fold(_ event: Event, _ own: EventClass, _ now: UInt64) {
        guard var share = share(of: own, now) else {
            folded[event.kind] = FoldedEvents(event, after: folded[event.kind])
            return
        }
        if share.folded == nil { holding += 1 }
        share.fold(event, at: now)
        shares[own] = share
    }

    private mutating func due(_ now: UInt64) -> [Event] {
        var result = holding > 0 ? flushClasses { $0.due(at: now) } : []
        guard now < start || now - start >= 1_000_000_000 else { return result }
        result += flushKinds()
        start = now
        passed = [:]
        if shares.count > Self.mostClasses / 2 {
            shares = shares.filter { !$0.value.isFresh(at: now) }
        }
        return result
    }

    private mutating func flushKinds() -> [Event] {
        defer { folded = [:] }
        return folded.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, rest in
            Event(kind, rest.last, folded: rest.count)
        }
    }

    private mutating func flushClasses(_ take: (inout EventShare) -> FoldedEvents?) -> [Event] {
        var found: [(own: EventClass, rest: FoldedEvents)] = []
        for (own, share) in shares where share.folded != nil {
            var share = share
            if let rest = take(&share) { found.append((own, rest)) }
            shares[own] = share
        }
        holding -= found.count
        return found.sorted {
            ($0.own.kind.rawValue, $0.own.subtree ?? .root)
                < ($1.own.kind.rawValue, $1.own.subtree ?? .root)
        }.map { own, rest in
            let details = own.subtree.map { [EventField.subtree: EventValue.path($0)] }
            return Event(own.kind, rest.last, nil, details ?? [:], folded: rest.count)
        }
    }
}
