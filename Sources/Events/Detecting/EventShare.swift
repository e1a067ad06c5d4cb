/// The number of events that a class may have: a burst, and a rate that falls while a storm lasts.
///
/// The rate is halved with each minute of a storm, down to a hundredth, and doubled with each
/// calm minute. A storm of days therefore leaves room for all other events on disk.
struct EventShare: Sendable {
    /// The number of events of a burst.
    private let burst: Double
    /// The events a second that may follow a burst.
    private var rate: Double
    private var room: Double
    /// The times of the last updates of the room and of the rate.
    private var counted, judged: UInt64
    private var isStorm = false
    /// The events that did not pass since the last report.
    private(set) var folded: FoldedEvents?
    private var foldedFrom: UInt64 = 0

    /// The rate of a calm class is a tenth of a burst in each second.
    private var calm: Double { burst / 10 }
    private static let second: UInt64 = 1_000_000_000
    private static let minute = 60 * second

    /// Starts at `now`, in nanoseconds.
    init(burst: Int, at now: UInt64) {
        self.burst = Double(burst)
        room = Double(burst)
        rate = Double(burst) / 10
        (counted, judged) = (now, now)
    }

    /// Whether the share equals a new one at `now`, so it need not be kept.
    func isFresh(at now: UInt64) -> Bool {
        // Nothing else updates the share of an idle class.
        var share = self
        share.follow(now)
        return share.folded == nil && share.rate >= calm && share.room >= burst
    }

    /// Whether an event may pass at `now`.
    mutating func passes(at now: UInt64) -> Bool {
        follow(now)
        guard room >= 1 else { return false }
        room -= 1
        return true
    }

    /// Counts an event that did not pass.
    mutating func fold(_ event: Event, at now: UInt64) {
        isStorm = true
        if folded == nil { foldedFrom = now }
        folded = FoldedEvents(event, after: folded)
    }

    /// Removes and returns the events that did not pass, if enough time has passed to report them:
    /// a second at first, and longer in a long storm.
    mutating func due(at now: UInt64) -> FoldedEvents? {
        follow(now)
        let patience = UInt64(Double(Self.second) * calm / rate)
        guard now < foldedFrom || now - foldedFrom >= patience else { return nil }
        return takeFolded()
    }

    /// Removes and returns the events that did not pass.
    mutating func takeFolded() -> FoldedEvents? {
        defer { folded = nil }
        return folded
    }

    private mutating func follow(_ now: UInt64) {
        if now > counted {
            room = min(burst, room + Double(now - counted) / Double(Self.second) * rate)
        }
        counted = now
        if now < judged { judged = now }
        while now - judged >= Self.minute {
            rate = isStorm ? max(rate / 2, calm / 100) : min(rate * 2, calm)
            isStorm = false
            judged += Self.minute
            if rate >= calm { judged = now }
        }
    }
}

/// Events that are reported as one.
struct FoldedEvents: Sendable {
    /// Their number.
    let count: UInt64
    /// The time of the last one.
    let last: EventTime

    /// Adds an event to earlier ones.
    init(_ event: Event, after earlier: FoldedEvents? = nil) {
        count = (earlier?.count ?? 0) + max(event.folded, 1)
        last = event.time
    }
}
