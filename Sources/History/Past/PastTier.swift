import CgroupModel

/// The snapshots of one tier of a history, or of a recording.
struct PastTier: Sendable {
    /// The place of a snapshot.
    struct Place: Sendable, Hashable {
        var piece: Int
        var frame: Int
    }

    /// An order of snapshots: the newest pass has the lowest number.
    struct Instant: Sendable, Hashable {
        var pass: Int
        var time: UInt64

        /// Whether this instant was recorded before another.
        func precedes(_ other: Instant) -> Bool {
            pass != other.pass ? pass > other.pass : time < other.time
        }
    }

    /// The pieces in the order in which they were recorded.
    private(set) var pieces: [PastPiece]
    /// The problems found so far, each once.
    private(set) var notes: [RecordingNote]
    private var decoder = PastDecoder()

    /// Creates a tier from its pieces, and the problems that were found in them.
    ///
    /// `marks` is the number of times that the clock was set back after the last piece.
    init(_ pieces: [PastPiece], notes: [RecordingNote], marks: Int = 0) {
        self.pieces = pieces
        self.notes = notes
        // Count from the end, where all tiers agree: their beginnings differ.
        var pass = marks
        for place in pieces.indices.reversed() {
            self.pieces[place].pass = pass
            let isSetBack = place > 0 && pieces[place].first <= pieces[place - 1].last
            pass += max(pieces[place].marks, isSetBack ? 1 : 0)
        }
    }

    /// The greatest number of a pass.
    var oldestPass: Int { pieces.first?.pass ?? 0 }

    /// The first and the last time.
    var span: ClosedRange<UInt64>? {
        guard let first = pieces.map(\.first).min(), let last = pieces.map(\.last).max() else {
            return nil
        }
        return first...max(first, last)
    }

    func instant(_ place: Place) -> Instant {
        let piece = pieces[place.piece]
        return Instant(pass: piece.pass, time: piece.time(place.frame))
    }

    /// The newest snapshot at or before a time, in any pass.
    mutating func newest(atOrBefore time: UInt64) throws -> Place? {
        var best: Place?
        func isBetter(_ place: Place) -> Bool {
            best.map { pieces[$0.piece].time($0.frame) < pieces[place.piece].time(place.frame) }
                ?? true
        }
        for number in pieces.indices.reversed()
        where pieces[number].first <= time && time <= pieces[number].last {
            try scan(number)
            let frame = pieces[number].frame(atOrAfter: time &+ 1) - 1
            let place = Place(piece: number, frame: frame)
            if pieces[number].frames.contains(frame), isBetter(place) { best = place }
        }
        // A piece that ends before the time may have a newer snapshot than one that contains it.
        let ended = pieces.indices.filter { pieces[$0].last < time }
        guard let last = ended.max(by: { pieces[$0].last < pieces[$1].last }) else { return best }
        try scan(last)
        let place = Place(piece: last, frame: pieces[last].frames.upperBound - 1)
        return !pieces[last].frames.isEmpty && isBetter(place) ? place : best
    }

    /// The first snapshot at or after an instant; nil if there is none.
    mutating func first(atOrAfter instant: Instant) throws -> Place? {
        for number in pieces.indices where pieces[number].pass <= instant.pass {
            let isLater = pieces[number].pass < instant.pass
            guard isLater || pieces[number].last >= instant.time else { continue }
            try scan(number)
            let frames = pieces[number].frames
            let frame =
                isLater ? frames.lowerBound : pieces[number].frame(atOrAfter: instant.time)
            if frames.contains(frame) { return Place(piece: number, frame: frame) }
        }
        return nil
    }

    /// The last snapshot before an instant; nil if there is none.
    mutating func last(before instant: Instant) throws -> Place? {
        for number in pieces.indices.reversed() where pieces[number].pass >= instant.pass {
            let isEarlier = pieces[number].pass > instant.pass
            guard isEarlier || pieces[number].first < instant.time else { continue }
            try scan(number)
            let frames = pieces[number].frames
            let frame =
                (isEarlier ? frames.upperBound : pieces[number].frame(atOrAfter: instant.time)) - 1
            if frames.contains(frame) { return Place(piece: number, frame: frame) }
        }
        return nil
    }

    /// Limits the metrics of the frames from now on; nil for no limit.
    mutating func select(_ metrics: Set<MetricID>?) { decoder.select(metrics) }

    private mutating func scan(_ number: Int) throws {
        note(try pieces[number].scan())
    }

    /// Decodes a snapshot; nil, with a note, if it or one that it depends on is damaged.
    mutating func frame(_ place: Place, withGauges: Bool = true) throws -> PastFrame? {
        guard let index = pieces[place.piece].index else { return nil }
        let found = try decoder.frame(
            place.frame, of: index, in: pieces[place.piece].file, piece: place.piece,
            withGauges: withGauges)
        note(decoder.takeNotes())
        return found
    }

    private mutating func note(_ found: [RecordingNote]) {
        for one in found where !notes.contains(one) { notes.append(one) }
    }
}
