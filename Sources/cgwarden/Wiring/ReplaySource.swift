import CgroupModel
import History
import KernelIO
import LiveView
import Reports

/// The source of the live view in a replay: one snapshot per interval until the end.
final class ReplaySource: ScreenSource {
    /// The time in nanoseconds after which a jump goes no further.
    private static let patience: UInt64 = 2_000_000_000
    /// The time in nanoseconds after a failure before the next attempt.
    private static let rest: UInt64 = 10_000_000_000
    private var reel: any Reel
    /// The snapshots around the shown one, for stepping back.
    private var ring = HistoryRing()
    private var cursor: HistoryCursor
    private var interval: UInt64 = 1_000_000_000
    private var nextAt: UInt64 = 0
    private var isPaused = false
    private var isAtEnd = false
    /// The number of snapshots played, used as tick: recorded ticks restart with each run of the
    /// recorder.
    private var tick: UInt64 = 0

    init(_ reel: any Reel) throws {
        self.reel = reel
        cursor = HistoryCursor(ring)
        try load(to: nil)
    }

    /// Fills the ring with the lead-in to a time.
    private func load(to time: UInt64?) throws {
        let next = HistoryRing()
        // The gap in ticks shows that the snapshots do not follow the earlier ones.
        var tick = tick + 1
        try reel.loadLeadIn(to: time) { snapshot in
            tick += 1
            next.append(snapshot.renumbered(tick))
        }
        guard next.frameCount > 0 else { return }
        self.tick = tick
        ring = next
        cursor = HistoryCursor(next)
        isAtEnd = reel.isAtEnd
    }

    let isReplay = true
    var timeline: ClosedRange<UInt64>? { reel.span }

    var title: String {
        let when = ring.newestWallTime.map { CivilTime(local: $0).date } ?? ""
        let end = isAtEnd ? (reel.detail.isEmpty ? "the end" : ", the end") : ""
        let unreadable = reel.unreadableRecords
        let damage =
            unreadable == 0
            ? "" : "  " + counted(unreadable, "unreadable record", "unreadable records")
        return "\(reel.name)  \(when)  \(reel.detail)\(end)\(damage)"
    }

    /// The time of the newest snapshot, so no snapshot appears late.
    var now: UInt64 { ring.newestWallTime ?? 0 }

    func latest() -> Snapshot? {
        let now = MonotonicClock.nanoseconds
        if nextAt == 0 { nextAt = now + interval }
        if !isPaused, now >= nextAt {
            nextAt = now + interval
            do { try advance() } catch {
                // Another host may be gone, and the screen waits for each attempt.
                nextAt = MonotonicClock.nanoseconds + Self.rest
            }
        }
        return ring.latest
    }

    /// Adds the next snapshot to the ring.
    private func advance() throws {
        guard let next = try reel.next() else { return isAtEnd = true }
        isAtEnd = reel.isAtEnd
        tick += 1
        ring.append(next.renumbered(tick))
    }

    func snapshot(back: Int) -> Snapshot? {
        // A negative number asks for snapshots that have not been played yet.
        guard back < 0 else { return cursor.snapshot(back: back) ?? earlier() }
        let newest = tick
        let end = MonotonicClock.nanoseconds + Self.patience
        do {
            for _ in back..<0 where !isAtEnd && MonotonicClock.nanoseconds < end { try advance() }
        } catch {
            // Another host may not answer; each attempt would wait for it.
        }
        return tick > newest ? ring.latest : nil
    }

    /// Returns the snapshot before the oldest in the ring; nil if there is none.
    private func earlier() -> Snapshot? {
        guard let oldest = cursor.snapshot(back: max(ring.frameCount - 1, 0)),
            oldest.wallTime > reel.span.lowerBound
        else { return nil }
        let before = tick
        try? load(to: oldest.wallTime - 1)
        return tick > before ? ring.latest : nil
    }

    var eventMarks: [UInt64] { reel.events?.times ?? [] }

    func events() -> [String]? {
        guard let events = reel.events else { return [] }
        return events.lines
    }

    func goToEvent(_ direction: TimeDirection, from shown: Snapshot) -> Travel {
        guard let events = reel.events else {
            return .refused("the events of another host are not known here")
        }
        let back = Int(clamping: tick - min(shown.tick, tick))
        let before =
            cursor.snapshot(back: back + 1)?.wallTime
            ?? shown.wallTime - min(shown.wallTime, 1)
        let found =
            direction == .next
            ? events.first(after: shown.wallTime, until: reel.span.upperBound)
            : events.last(until: before, after: reel.span.lowerBound)
        guard let found else { return .refused(events.reason(noneIn: direction)) }
        do {
            try load(to: found.time)
            // The first snapshot that shows an event is the one after the event.
            if let newest = ring.newestWallTime, newest < found.time { try advance() }
        } catch {
            return .refused(CgwardenError(error)?.message ?? "\(error)")
        }
        return ring.latest.map { .arrived($0, note: found.line) }
            ?? .refused("no sample at that time")
    }

    func turnSummary(at shown: Snapshot) -> Travel {
        guard let summary = reel.summary else {
            return .refused("only the history of this host has peaks and means")
        }
        reel.summary = summary.next
        do {
            try load(to: shown.wallTime)
        } catch {
            return .refused(CgwardenError(error)?.message ?? "\(error)")
        }
        let isThinned = !reel.detail.isEmpty
        let note = isThinned ? reel.detail : "every sample is kept here; \(summary.next.rawValue)"
        return ring.latest.map { .arrived($0, note: note) } ?? .refused("no sample at that time")
    }

    func go(to text: String) -> Travel {
        guard let time = WrittenTime(argument: text) else {
            return .refused("no time: \(text.onOneLine); type \(WrittenTime.forms)")
        }
        do {
            try load(to: try reel.instant(time))
        } catch {
            return .refused(CgwardenError(error)?.message ?? "\(error)")
        }
        return ring.latest.map { .arrived($0) } ?? .refused("no sample at \(text)")
    }

    var frameCount: Int { ring.frameCount }

    func setInterval(_ seconds: Double) {
        interval = UInt64(max(seconds, 0.05) * 1e9)
        nextAt = 0
    }

    func setPaused(_ isPaused: Bool) {
        self.isPaused = isPaused
        nextAt = 0
    }

    func sampleNow() {}

    func processes(of cgroup: CgroupEntry) -> [ProcessRow]? { [] }

    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        ring.series(of: cgroup, back: back, count: count, value)
    }

    func saveLayout(_ layout: Layout) throws -> String { try SavedLayout.save(layout) }
}

extension HistoryRing {
    /// Returns the values of a cgroup, ending `back` snapshots before the newest.
    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        var window = HistoryCursor(self)
        guard window.snapshot(back: back) != nil else { return [] }
        return window.series(of: cgroup, count: count, value: value)
    }
}
