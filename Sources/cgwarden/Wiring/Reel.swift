import CgroupModel
import Hierarchy
import History
import KernelIO

/// The snapshots that a replay shows: a recording, or the daemon's history.
protocol Reel {
    /// The name in the title.
    var name: String { get }
    /// The text after the time: `7 of 8` for a recording, `peak of 60s` for a thinned history.
    var detail: String { get }
    /// The number of records that could not be read.
    var unreadableRecords: Int { get }
    /// The times of the first and the last snapshot.
    var span: ClosedRange<UInt64> { get }
    /// Whether no snapshot follows.
    var isAtEnd: Bool { get }
    /// Returns the next snapshot; nil at the end.
    mutating func next() throws -> Snapshot?
    /// Calls `body` for each snapshot of the lead-in, ending with the newest at or before `time`.
    ///
    /// Nil means the start time.
    mutating func loadLeadIn(to time: UInt64?, _ body: (Snapshot) -> Void) throws
    /// Resolves a time that the user typed; throws if it is outside the reel.
    func instant(_ time: WrittenTime) throws -> UInt64
    /// The events within ``span``; nil if this reel does not read events.
    var events: ReplayEvents? { get }
    /// The summary to show for each thinned period; nil for a reel that is never thinned.
    var summary: PeriodSummary? { get set }
}

/// How a view summarizes a period whose samples were thinned to one.
enum PeriodSummary: String, CaseIterable {
    /// The last sample.
    case last
    /// The highest value of each gauge.
    case peak
    /// The mean of each gauge.
    case mean

    /// The next summary in the cycle.
    var next: PeriodSummary {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }
}

extension Replay: Reel {
    /// The number of snapshots loaded before the first one shown, for stepping back.
    private static let leadInSnapshots = 600

    var summary: PeriodSummary? {
        get { nil }
        set {}
    }

    var name: String {
        "replay of \(path.split(separator: "/").last.map(String.init) ?? path)"
    }
    var detail: String { "\(position) of \(recording.count)" }
    var unreadableRecords: Int { notes.count }
    var isAtEnd: Bool { position >= recording.count }
    var span: ClosedRange<UInt64> {
        let first = recording.wallTime(0)
        return first...max(first, recording.wallTime(recording.count - 1))
    }

    mutating func loadLeadIn(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        let first = time.map { recording.number(at: $0) } ?? position
        position = max(first - Self.leadInSnapshots, 0)
        repeat {
            guard let snapshot = try next() else { return }
            body(snapshot)
        } while position <= first
    }
}

/// The daemon's history from some time on.
struct HistoryReel: Reel {
    /// The time span loaded before the first snapshot shown, for stepping back; microseconds.
    private static let leadInTime: UInt64 = 300_000_000

    private var reader: HistoryReader
    /// The cgroups to include.
    private let scope: SampleScope
    private var start: UInt64
    /// The next snapshot, if it was read ahead, and its period in microseconds.
    private var pending: (snapshot: Snapshot, period: UInt64)?
    private var reached: UInt64 = 0
    /// The period of the last returned snapshot, in microseconds; 0 if it is not thinned.
    private var period: UInt64 = 0
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
    var detail: String {
        period == 0 ? "" : "\(chosen.rawValue) of \(period / 1_000_000)s"
    }
    var unreadableRecords: Int { reader.troubles }
    var isAtEnd: Bool { pending == nil && reached >= span.upperBound }

    mutating func next() throws -> Snapshot? {
        if pending == nil { try read { try $0.step(1) } }
        guard let following = pending else { return nil }
        pending = nil
        reached = following.snapshot.wallTime
        period = following.period
        return following.snapshot.within(scope)
    }

    /// Reads a snapshot into ``pending``, with the chosen summary.
    private mutating func read(_ body: (inout HistoryReader) throws -> Snapshot?) throws {
        pending = nil
        guard let snapshot = try body(&reader), let frame = reader.frame else { return }
        switch chosen {
        case .last: pending = (snapshot, frame.step)
        case .peak: pending = (frame.peaks, frame.step)
        case .mean: pending = (frame.means, frame.step)
        }
    }

    mutating func loadLeadIn(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        let time = time ?? start
        let begin = max(time > Self.leadInTime ? time - Self.leadInTime : 0, span.lowerBound)
        try read { try $0.newest(atOrBefore: begin) }
        repeat {
            guard let snapshot = try next() else { return }
            body(snapshot)
            try read { try $0.step(1) }
        } while pending.map { $0.snapshot.wallTime <= time } ?? false
    }

    func instant(_ time: WrittenTime) throws -> UInt64 { try reader.latestInstant(of: time) }
}
