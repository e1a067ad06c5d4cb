import CgroupModel
import History
import KernelIO
import LiveView

/// The source of the live view in a replay: one snapshot per interval until the end.
final class ReplaySource: ScreenSource {
    /// The number of snapshots before the first shown one that are loaded for stepping back.
    private static let lead = 600

    private var replay: Replay
    private let ring = HistoryRing()
    private var cursor: HistoryCursor
    private let name: String
    private var interval: UInt64 = 1_000_000_000
    private var nextAt: UInt64 = 0
    private var isPaused = false
    private var isAtEnd = false
    /// The number of snapshots played, used as tick: recorded ticks restart with each run of the
    /// recorder.
    private var tick: UInt64 = 0

    init(_ replay: Replay, name: String) throws {
        self.replay = replay
        self.name = name.split(separator: "/").last.map(String.init) ?? name
        cursor = HistoryCursor(ring)
        let first = replay.position
        self.replay.position = max(first - Self.lead, 0)
        repeat { try advance() } while self.replay.position <= first && !isAtEnd
    }

    let isReplay = true

    var title: String {
        let when = ring.newestWallTime.map { CivilTime(local: $0).date } ?? ""
        let place = "\(replay.position) of \(replay.recording.count)"
        let end = isAtEnd ? ", the end" : ""
        let trouble = replay.notes.isEmpty ? "" : "  \(replay.notes.count) unreadable records"
        return "replay of \(name)  \(when)  \(place)\(end)\(trouble)"
    }

    /// The time of the newest snapshot, so no snapshot appears late.
    var now: UInt64 { ring.newestWallTime ?? 0 }

    func latest() -> Snapshot? {
        let now = MonotonicClock.nanoseconds
        if nextAt == 0 { nextAt = now + interval }
        if !isPaused, now >= nextAt {
            nextAt = now + interval
            try? advance()
        }
        return ring.latest
    }

    /// Adds the next snapshot to the ring; a read error counts as the end.
    private func advance() throws {
        isAtEnd = true
        guard let next = try replay.next() else { return }
        isAtEnd = replay.position >= replay.recording.count
        tick += 1
        ring.append(next.renumbered(tick))
    }

    func snapshot(back: Int) -> Snapshot? {
        guard back < 0 else { return cursor.snapshot(back: back) }
        // A negative number asks for snapshots that have not been played yet.
        let newest = tick
        try? advance()
        return tick > newest ? ring.latest : nil
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

extension Snapshot {
    fileprivate func renumbered(_ tick: UInt64) -> Snapshot {
        Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: cgroups, blocks: blocks, host: host, health: health)
    }
}
