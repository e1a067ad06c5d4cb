import CgroupModel
import Hierarchy
import History
import KernelIO

/// The snapshots that a replay shows: a recording, or the daemon's history.
protocol Reel {
    /// The name in the title.
    var name: String { get }
    /// The position in the reel: `7 of 8`; empty if unknown.
    var place: String { get }
    /// The number of records that could not be read.
    var troubles: Int { get }
    /// The times of the first and the last snapshot.
    var span: ClosedRange<UInt64> { get }
    /// Whether no snapshot follows.
    var isAtEnd: Bool { get }
    /// Returns the next snapshot; nil at the end.
    mutating func next() throws -> Snapshot?
    /// Calls `body` with the snapshots that lead to a time, the last of which is the newest at or
    /// before it; nil means the start time.
    mutating func lead(to time: UInt64?, _ body: (Snapshot) -> Void) throws
    /// Returns the instant that a written time means; throws if it is not in the reel.
    func instant(_ time: WrittenTime) throws -> UInt64
    /// The events in its time; nil if they are not read.
    var events: ReplayEvents? { get }
    /// The summary to show for each thinned period; nil if nothing is thinned.
    var summary: PeriodSummary? { get set }
}

/// What a view shows of a period whose other samples were dropped.
enum PeriodSummary: String, CaseIterable {
    /// The last sample.
    case last
    /// The highest value of each gauge.
    case peak
    /// The mean of each gauge.
    case mean

    /// The one after this.
    var next: PeriodSummary {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }
}

extension Replay: Reel {
    /// The number of snapshots before the first shown one that are loaded for stepping back.
    private static let lead = 600

    var summary: PeriodSummary? {
        get { nil }
        set {}
    }

    var name: String {
        "replay of \(path.split(separator: "/").last.map(String.init) ?? path)"
    }
    var place: String { "\(position) of \(recording.count)" }
    var troubles: Int { notes.count }
    var isAtEnd: Bool { position >= recording.count }
    var span: ClosedRange<UInt64> {
        let first = recording.wallTime(0)
        return first...max(first, recording.wallTime(recording.count - 1))
    }

    mutating func lead(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        let first = time.map { recording.number(at: $0) } ?? position
        position = max(first - Self.lead, 0)
        repeat {
            guard let snapshot = try next() else { return }
            body(snapshot)
        } while position <= first
    }
}

/// The daemon's history from some time on.
struct HistoryReel: Reel {
    /// The time before a shown snapshot that is loaded for stepping back, in microseconds.
    private static let lead: UInt64 = 300_000_000

    private var reader: HistoryReader
    /// The cgroups to include.
    private let scope: SampleScope
    private var start: UInt64
    /// The snapshot after the last one that was returned, and its period, if it was read already.
    private var pending: (snapshot: Snapshot, step: UInt64)?
    private var reached: UInt64 = 0
    /// The period of the last snapshot that was returned, in microseconds; 0 if it is not thinned.
    private var step: UInt64 = 0
    let span: ClosedRange<UInt64>
    let events: ReplayEvents?
    private var chosen = PeriodSummary.last

    /// Starts at a time in microseconds since 1970.
    init(
        _ reader: HistoryReader, at start: UInt64, _ scope: SampleScope, events: ReplayEvents
    ) {
        self.reader = reader
        self.start = start
        self.scope = scope
        self.events = events
        span = reader.span
    }

    var summary: PeriodSummary? {
        get { chosen }
        set { chosen = newValue ?? .last }
    }

    let name = "history"
    var place: String {
        step == 0 ? "" : "\(chosen.rawValue) of \(step / 1_000_000)s"
    }
    var troubles: Int { reader.troubles }
    var isAtEnd: Bool { pending == nil && reached >= span.upperBound }

    mutating func next() throws -> Snapshot? {
        if pending == nil { try read { try $0.step(1) } }
        guard let following = pending else { return nil }
        pending = nil
        reached = following.snapshot.wallTime
        step = following.step
        return following.snapshot.within(scope)
    }

    /// Reads a snapshot, and keeps it, summarized as chosen, as the next one.
    private mutating func read(_ body: (inout HistoryReader) throws -> Snapshot?) throws {
        pending = nil
        guard let snapshot = try body(&reader), let frame = reader.frame else { return }
        switch chosen {
        case .last: pending = (snapshot, frame.step)
        case .peak: pending = (frame.peaks, frame.step)
        case .mean: pending = (frame.means, frame.step)
        }
    }

    mutating func lead(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        let time = time ?? start
        let begin = max(time > Self.lead ? time - Self.lead : 0, span.lowerBound)
        try read { try $0.newest(atOrBefore: begin) }
        repeat {
            guard let snapshot = try next() else { return }
            body(snapshot)
            try read { try $0.step(1) }
        } while pending.map { $0.snapshot.wallTime <= time } ?? false
    }

    func instant(_ time: WrittenTime) throws -> UInt64 { try reader.latestInstant(of: time) }
}
