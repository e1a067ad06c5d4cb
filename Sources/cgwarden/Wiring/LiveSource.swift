import CgroupModel
import Hierarchy
import History
import KernelIO
import LiveView
import Synchronization

/// Feeds the live view: samples when the view asks and a sample is due, and keeps the history.
final class LiveSource: SnapshotSource {
    private struct Pace {
        var interval: UInt64 = 1_000_000_000
        var nextAt: UInt64 = 0
        var isSampling = false
    }

    private let sampler: Sampler
    private let set: HierarchySet
    private let ring = HistoryRing()
    private var cursor: HistoryCursor
    private let pace = Pacer()
    private let membership: Membership
    private let reader: ProcessReader
    private var previousTimes: [Int32: (ticks: UInt64, at: UInt64)] = [:]

    /// What the title says about the machine.
    let mode: String

    init(_ observation: Observation) {
        sampler = observation.sampler
        set = observation.set
        mode = observation.set.mode.rawValue
        cursor = HistoryCursor(ring)
        membership = Membership(set)
        reader = ProcessReader(set.system)
    }

    /// Guards what the sampling task shares with the view's thread.
    private final class Pacer: Sendable {
        private let state = Mutex(Pace())

        func setInterval(_ nanoseconds: UInt64) { state.withLock { $0.interval = nanoseconds } }

        var intervalSeconds: Double { state.withLock { Double($0.interval) / 1e9 } }

        func beNow() { state.withLock { $0.nextAt = 0 } }

        /// Whether a sample is due; the caller then takes it and says so with ``finish()``.
        func begin(at now: UInt64) -> Bool {
            state.withLock { pace in
                guard !pace.isSampling, now >= pace.nextAt else { return false }
                pace.isSampling = true
                // Ticks keep their distance even if one was late.
                let next = pace.nextAt + pace.interval
                pace.nextAt = next > now ? next : now + pace.interval
                return true
            }
        }

        func finish() { state.withLock { $0.isSampling = false } }
    }

    func latest() -> Snapshot? {
        if pace.begin(at: MonotonicClock.nanoseconds) {
            let (sampler, ring, pace) = (sampler, ring, pace)
            Task.detached { await Self.feed(ring, from: sampler, pace) }
        }
        return ring.latest
    }

    private static func feed(_ ring: HistoryRing, from sampler: Sampler, _ pace: Pacer) async {
        let snapshot = await sampler.sample()
        ring.append(snapshot)
        let multiple = costlyMultiple(
            interval: pace.intervalSeconds, cgroups: snapshot.cgroups.count)
        await sampler.setCostlyMultiple(multiple)
        pace.finish()
    }

    func snapshot(back: Int) -> Snapshot? { cursor.snapshot(back: back) }

    var frameCount: Int { ring.frameCount }

    func setInterval(_ seconds: Double) {
        pace.setInterval(UInt64(max(seconds, 0.05) * 1e9))
    }

    /// Every how many ticks the costly files are worth reading.
    ///
    /// The kernel brings `memory.stat` up to date every 2 s, so more often is a waste; on a machine
    /// with thousands of cgroups the pass itself is kept short.
    static func costlyMultiple(interval seconds: Double, cgroups: Int) -> UInt64 {
        let spacing = 2 * Double(1 + cgroups / 2000)
        return UInt64(max(1, (spacing / max(seconds, 0.05)).rounded()))
    }

    func sampleNow() { pace.beNow() }

    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        var window = HistoryCursor(ring)
        guard window.snapshot(back: back) != nil else { return [] }
        return window.series(of: cgroup, count: count, value: value)
    }

    func processes(of cgroup: CgroupEntry) -> [ProcessRow] {
        let now = MonotonicClock.nanoseconds
        var times: [Int32: (ticks: UInt64, at: UInt64)] = [:]
        let rows = membership.union(of: cgroup.path).compactMap { pid -> ProcessRow? in
            guard pid > 0, let stat = reader.stat(pid) else { return nil }
            let ticks = stat.userTicks + stat.systemTicks
            times[pid] = (ticks, now)
            let user = reader.user(of: pid)
            return ProcessRow(
                pid: pid, user: user.map { UserName.text($0) } ?? "?",
                cpuPercent: percent(pid, ticks, now), memoryBytes: stat.residentPages * 4096,
                command: reader.command(pid, name: stat.name))
        }
        previousTimes = times
        return rows
    }

    /// Ticks are hundredths of a second, so one a second is one percent.
    private func percent(_ pid: Int32, _ ticks: UInt64, _ now: UInt64) -> Double? {
        guard let old = previousTimes[pid], now > old.at, ticks >= old.ticks else { return nil }
        return Double(ticks - old.ticks) / (Double(now - old.at) / 1e9)
    }

    func saveLayout(_ layout: Layout) throws -> String { try SavedLayout.save(layout) }
}
