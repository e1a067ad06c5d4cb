import Causes
import CgroupModel
import Hierarchy
import History
import KernelIO
import LiveView
import Service
import Synchronization

/// The source of the live view: samples when the view polls and a sample is due, and keeps the
/// history.
final class LiveSource: ScreenSource {
    private let sampler: Sampler
    private let set: HierarchySet
    private let ring = HistoryRing()
    private var cursor: HistoryCursor
    private let pace = Pacer()
    private let identities: Identities
    private let lister: ProcessLister
    private let eventList: LiveEvents
    private let recorder: Recorder?
    private let counting: ProcessCount?
    private let mode: String
    let files: SourceFiles
    private var dead: RecentDead

    /// Shows samples of a scope; with `counting`, processes instead of tasks.
    init(
        _ observation: Observation, _ recorder: Recorder?, in scope: SampleScope = SampleScope(),
        counting: ProcessCount? = nil
    ) {
        self.recorder = recorder
        self.counting = counting
        files = observation.files
        sampler = observation.sampler
        set = observation.set
        let host = observation.set.system.hostName
        mode = [host, observation.set.mode.word].compactMap(\.self).joined(separator: "  ")
        cursor = HistoryCursor(ring)
        lister = ProcessLister(set)
        eventList = LiveEvents(set.system)
        identities = Identities(set)
        dead = RecentDead(set, in: scope)
    }

    let isReplay = false

    var title: String {
        guard let recorder else { return mode }
        guard let failure = recorder.failure else { return mode + "  recording" }
        return "\(mode)  not recording: \(failure)"
    }

    var now: UInt64 { MonotonicClock.wallMicroseconds }

    func latest() -> Snapshot? {
        if pace.begin(at: MonotonicClock.nanoseconds) {
            let feed = LiveFeed(
                sampler: sampler, ring: ring, pace: pace, recorder: recorder, events: eventList,
                counting: counting)
            Task.detached { await feed.takeSample() }
        }
        return ring.latest.map { dead.added(to: $0) }
    }

    func snapshot(back: Int) -> Snapshot? { cursor.snapshot(back: back) }

    var frameCount: Int { ring.frameCount }

    func setInterval(_ seconds: Double) {
        pace.setInterval(UInt64(max(seconds, 0.05) * 1e9))
    }

    func sampleNow() { pace.beNow() }

    /// Does nothing, because sampling continues while the view is paused.
    func setPaused(_ isPaused: Bool) {}

    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        ring.series(of: cgroup, back: back, count: count, value)
    }

    func identity(of cgroup: CgroupEntry) -> CgroupIdentity? { identities.identity(of: cgroup) }

    func processes(of cgroup: CgroupEntry) -> [ProcessRow]? { lister.rows(of: cgroup) }

    func events() -> [String]? { eventList.lines }

    func eventTimes(of path: CgroupPath) -> [UInt64] { eventList.times(of: path) }

    func saveLayout(_ layout: Layout) throws -> String { try SavedLayout.save(layout) }
}
