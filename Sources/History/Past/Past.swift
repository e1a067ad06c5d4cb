package import CgroupModel

/// The recorded past: the tiers of a history folder, or one recording with its parts.
///
/// The files are as they were when it was created; create another one to see newer snapshots. All
/// times are in microseconds since 1970.
package struct Past: Sendable {
    /// A snapshot in one of the tiers.
    struct Position: Sendable {
        let tier: Int
        let place: PastTier.Place
        let instant: PastTier.Instant
    }

    /// The finest first.
    var tiers: [PastTier]
    /// The place of the last snapshot that was returned; nil before the first.
    private var position: Position?
    /// The last snapshot that ``snapshot(at:)`` or ``step(_:)`` returned; nil before the first.
    package private(set) var current: PastFrame?

    /// Creates a past from the tiers, the finest first.
    init(tiers: [PastTier]) { self.tiers = tiers }

    /// The first and the last time; nil if nothing is kept.
    package var span: ClosedRange<UInt64>? {
        let spans = tiers.compactMap(\.span)
        guard let first = spans.map(\.lowerBound).min(), let last = spans.map(\.upperBound).max()
        else { return nil }
        return first...last
    }

    /// The problems found so far, each once.
    package var notes: [RecordingNote] { tiers.flatMap(\.notes) }

    /// The newest snapshot at or before a time; nil if there is none.
    ///
    /// An unreadable snapshot is noted, and the one before it is returned. Throws the error of
    /// reading the files, and a ``RecordingError`` for another format.
    package mutating func snapshot(at time: UInt64) throws -> Snapshot? {
        var best: Position?
        for tier in tiers.indices {
            guard let place = try tiers[tier].newest(atOrBefore: time) else { continue }
            let found = Position(tier: tier, place: place, instant: tiers[tier].instant(place))
            if best.map({ $0.instant.time < found.instant.time }) ?? true { best = found }
        }
        return try best.flatMap { try move(to: $0, isForward: false) }?.snapshot
    }

    /// Moves by a number of snapshots, backward if it is negative, from the one last returned;
    /// returns nil without moving if there are too few.
    ///
    /// Each snapshot counts once, in the finest tier that has it. Before the first call, the
    /// position is after the newest snapshot.
    package mutating func step(_ frames: Int) throws -> Snapshot? {
        if frames == 0, let current { return current.snapshot }
        var instant = position?.instant ?? PastTier.Instant(pass: 0, time: .max)
        var reached: Position?
        for _ in 0..<max(frames.magnitude, 1) {
            reached = try frames > 0 ? next(after: instant) : previous(before: instant)
            guard let reached else { return nil }
            instant = reached.instant
        }
        return try reached.flatMap { try move(to: $0, isForward: frames > 0) }?.snapshot
    }

    /// Moves to a snapshot, or to the next readable one in a direction.
    private mutating func move(to place: Position, isForward: Bool) throws -> PastFrame? {
        var wanted: Position? = place
        while let place = wanted {
            if let frame = try tiers[place.tier].frame(place.place) {
                position = place
                current = frame
                return frame
            }
            wanted =
                try isForward ? next(after: place.instant) : previous(before: place.instant)
        }
        return nil
    }

    /// The snapshot recorded next after an instant, in the finest tier that has it.
    mutating func next(after instant: PastTier.Instant) throws -> Position? {
        guard instant.time < .max else {
            guard instant.pass > 0 else { return nil }
            return try first(atOrAfter: PastTier.Instant(pass: instant.pass - 1, time: 0))
        }
        return try first(
            atOrAfter: PastTier.Instant(pass: instant.pass, time: instant.time + 1))
    }

    /// The first snapshot recorded at or after an instant, in the finest tier that has it.
    mutating func first(atOrAfter instant: PastTier.Instant) throws -> Position? {
        var best: Position?
        for tier in tiers.indices {
            guard let place = try tiers[tier].first(atOrAfter: instant) else { continue }
            let found = Position(tier: tier, place: place, instant: tiers[tier].instant(place))
            if best.map({ found.instant.precedes($0.instant) }) ?? true { best = found }
        }
        return best
    }

    /// The last snapshot recorded before an instant, in the finest tier that has it, or in the
    /// coarsest.
    mutating func previous(
        before instant: PastTier.Instant, prefersCoarse: Bool = false
    ) throws -> Position? {
        var best: Position?
        for tier in prefersCoarse ? Array(tiers.indices.reversed()) : Array(tiers.indices) {
            guard let place = try tiers[tier].last(before: instant) else { continue }
            let found = Position(tier: tier, place: place, instant: tiers[tier].instant(place))
            if best.map({ $0.instant.precedes(found.instant) }) ?? true { best = found }
        }
        return best
    }
}
