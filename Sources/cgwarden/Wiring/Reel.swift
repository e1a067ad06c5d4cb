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
}

extension Replay: Reel {
    /// The number of snapshots before the first shown one that are loaded for stepping back.
    private static let lead = 600

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
    /// The snapshot after the last one that was returned, if it was read already.
    private var pending: Snapshot?
    private var reached: UInt64 = 0
    let span: ClosedRange<UInt64>

    /// Starts at a time in microseconds since 1970.
    init(_ reader: HistoryReader, at start: UInt64, _ scope: SampleScope) {
        self.reader = reader
        self.start = start
        self.scope = scope
        span = reader.span
    }

    let name = "history"
    let place = ""
    var troubles: Int { reader.troubles }
    var isAtEnd: Bool { pending == nil && reached >= span.upperBound }

    mutating func next() throws -> Snapshot? {
        let following = try pending ?? reader.step(1)
        pending = nil
        guard let following else { return nil }
        reached = following.wallTime
        return following.within(scope)
    }

    mutating func lead(to time: UInt64?, _ body: (Snapshot) -> Void) throws {
        let time = time ?? start
        let begin = max(time > Self.lead ? time - Self.lead : 0, span.lowerBound)
        pending = try reader.snapshot(at: begin)
        repeat {
            guard let snapshot = try next() else { return }
            body(snapshot)
            pending = try reader.step(1)
        } while pending.map { $0.wallTime <= time } ?? false
    }

    func instant(_ time: WrittenTime) throws -> UInt64 { try reader.instantWithin(time) }
}
