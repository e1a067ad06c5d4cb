import Causes
import CgroupModel
import Hierarchy
import History
import KernelIO
import LiveView
import Service
import Synchronization

/// The source of the live view: asks for a frame when the view polls and one is due, and keeps the
/// last ones.
final class LiveSource: ScreenSource {
    private let frames: any FrameSource
    private let feed: LiveFeed
    private let ring = HistoryRing()
    private var cursor: HistoryCursor
    /// The identities of this host's cgroups; nil for another host.
    private let identities: Identities?
    private let lister: ProcessLister?
    private let eventList: LiveEvents?
    private let recorder: Recorder?
    let files: SourceFiles

    /// Shows a scope of this host, sampled by this process unless `frames` is given; with
    /// `counting`, shows processes instead of tasks.
    init(
        _ observation: Observation, from frames: (any FrameSource)? = nil, _ recorder: Recorder?,
        in scope: SampleScope = SampleScope(), counting: ProcessCount? = nil
    ) {
        let frames = frames ?? OwnFrames(observation)
        self.frames = frames
        self.recorder = recorder
        files = observation.files
        cursor = HistoryCursor(ring)
        let set = observation.set
        lister = ProcessLister(set)
        let eventList = LiveEvents(set.system)
        self.eventList = eventList
        identities = Identities(set)
        feed = LiveFeed(
            frames, into: ring, recorder: recorder, events: eventList, counting: counting
        ) {
            RecentDead(set, in: scope)
        }
    }

    /// Shows frames of another host.
    init(remote frames: any FrameSource) {
        self.frames = frames
        files = SourceFiles()
        cursor = HistoryCursor(ring)
        feed = LiveFeed(frames, into: ring)
        (identities, lister, eventList, recorder) = (nil, nil, nil, nil)
    }

    let isReplay = false

    var title: String {
        guard let recorder else { return frames.title }
        guard let failure = recorder.failure else { return frames.title + "  recording" }
        return "\(frames.title)  not recording: \(failure)"
    }

    var now: UInt64 { MonotonicClock.wallMicroseconds }

    func latest() -> Snapshot? {
        feed.goOn(at: MonotonicClock.nanoseconds)
        return feed.newest
    }

    func snapshot(back: Int) -> Snapshot? { cursor.snapshot(back: back) }

    var frameCount: Int { ring.frameCount }

    func setInterval(_ seconds: Double) {
        feed.setInterval(UInt64(max(seconds, 0.05) * 1e9))
    }

    func sampleNow() { feed.beNow() }

    /// Does nothing, because sampling continues while the view is paused.
    func setPaused(_ isPaused: Bool) {}

    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        ring.series(of: cgroup, back: back, count: count, value)
    }

    func identity(of cgroup: CgroupEntry) -> CgroupIdentity? {
        guard let identities else { return CgroupIdentity(cgroup.path) }
        return identities.identity(of: cgroup)
    }

    func processes(of cgroup: CgroupEntry) -> [ProcessRow]? {
        guard let lister else { return [] }
        return lister.rows(of: cgroup)
    }

    func events() -> [String]? {
        guard let eventList else { return [] }
        return eventList.lines
    }

    func eventTimes(of path: CgroupPath) -> [UInt64] { eventList?.times(of: path) ?? [] }

    func saveLayout(_ layout: Layout) throws -> String { try SavedLayout.save(layout) }
}
