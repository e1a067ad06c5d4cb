import CgroupModel
import History
import KernelIO
import LiveView

/// Feeds the live view from a recording: one snapshot each interval, and the last one stays.
final class ReplaySource: ScreenSource {
    /// How many snapshots before the first shown one can be stepped back to.
    private static let lead = 600

    private var replay: Replay
    private let ring = HistoryRing()
    private var cursor: HistoryCursor
    private let name: String
    private var interval: UInt64 = 1_000_000_000
    private var nextAt: UInt64 = 0
    private var isPaused = false
    private var isAtEnd = false
    /// A recording of several runs counts ticks several times, and the view goes by them.
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
        let trouble = replay.notes.isEmpty ? "" : "  \(replay.notes.count) records not understood"
        return "replay of \(name)  \(when)  \(place)\(end)\(trouble)"
    }

    /// Time stands still between snapshots, so none of them is late.
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

    /// Takes the next snapshot into the ring; a file that cannot be read any more has ended.
    private func advance() throws {
        isAtEnd = true
        guard let next = try replay.next() else { return }
        isAtEnd = replay.position >= replay.recording.count
        tick += 1
        ring.append(next.renumbered(tick))
    }

    func snapshot(back: Int) -> Snapshot? {
        guard back < 0 else { return cursor.snapshot(back: back) }
        // Beyond the newest lies what was not played yet.
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
    /// A curve that ends `back` snapshots before the newest.
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
