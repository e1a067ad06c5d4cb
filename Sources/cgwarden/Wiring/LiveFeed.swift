import CgroupModel
import Hierarchy
import History
import Service
import Synchronization

/// Takes frames for the live view into its ring, so that the screen waits for none of this.
final class LiveFeed: Sendable {
    private struct State {
        var newest: Snapshot?
        var hasAsked = false
    }

    private let frames: any FrameSource
    private let ring: HistoryRing
    private let recorder: Recorder?
    private let events: LiveEvents?
    private let counting: ProcessCount?
    private let makeDead: (@Sendable () -> RecentDead)?
    private let pace = Pacer()
    private let state = Mutex(State())
    /// Used by one sample at a time; nil before the first.
    private let dead = Mutex<RecentDead?>(nil)

    /// `makeDead` starts the watch for the ends of cgroups, once the cgroups are listed.
    init(
        _ frames: any FrameSource, into ring: HistoryRing, recorder: Recorder? = nil,
        events: LiveEvents? = nil, counting: ProcessCount? = nil,
        dead makeDead: (@Sendable () -> RecentDead)? = nil
    ) {
        self.frames = frames
        self.ring = ring
        self.recorder = recorder
        self.events = events
        self.counting = counting
        self.makeDead = makeDead
    }

    /// The newest frame with the cgroups that ended recently; a listing before the first frame.
    var newest: Snapshot? { state.withLock { $0.newest } }

    func setInterval(_ nanoseconds: UInt64) { pace.setInterval(nanoseconds) }

    func beNow() { pace.beNow() }

    /// Starts to take a frame if one is due.
    func goOn(at now: UInt64) {
        guard pace.begin(at: now) else { return }
        Task.detached { await self.takeSample() }
    }

    private func takeSample() async {
        defer { pace.finish() }
        if isFirst, let listing = await frames.listing() { state.withLock { $0.newest = listing } }
        dead.withLock { dead in
            if dead == nil { dead = makeDead?() }
        }
        guard let found = await frames.next(interval: pace.intervalSeconds) else { return }
        let snapshot = counting?.counted(found) ?? found
        ring.append(snapshot)
        let shown = dead.withLock { $0?.added(to: snapshot) } ?? snapshot
        state.withLock { $0.newest = shown }
        events?.take(found)
        // The title of the view reports a failure.
        try? recorder?.append(found)
    }

    /// Whether this is the first request.
    private var isFirst: Bool {
        state.withLock { state in
            defer { state.hasAsked = true }
            return !state.hasAsked
        }
    }
}

/// The state that the sampling task shares with the view's thread.
final class Pacer: Sendable {
    private struct Pace {
        var interval: UInt64 = 1_000_000_000
        /// The time of the next sample, an interval after the last one; 0 for now.
        var nextAt: UInt64 = 0
        var isSampling = false
    }

    private let state = Mutex(Pace())

    /// Changes the interval, including the one that has begun.
    func setInterval(_ nanoseconds: UInt64) {
        state.withLock { pace in
            if pace.nextAt > 0 { pace.nextAt = pace.nextAt - pace.interval + nanoseconds }
            pace.interval = nanoseconds
        }
    }

    var intervalSeconds: Double { state.withLock { Double($0.interval) / 1e9 } }

    func beNow() { state.withLock { $0.nextAt = 0 } }

    /// Whether a sample is due; if true, the caller must take it and then call ``finish()``.
    func begin(at now: UInt64) -> Bool {
        state.withLock { pace in
            guard !pace.isSampling, now >= pace.nextAt else { return false }
            pace.isSampling = true
            // Keep the ticks evenly spaced even if one was late.
            let next = pace.nextAt + pace.interval
            pace.nextAt = next > now ? next : now + pace.interval
            return true
        }
    }

    func finish() { state.withLock { $0.isSampling = false } }
}
