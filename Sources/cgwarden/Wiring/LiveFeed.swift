import History
import Service
import Synchronization

/// Takes frames for the live view into its ring.
struct LiveFeed: Sendable {
    let frames: any FrameSource
    let ring: HistoryRing
    let pace: Pacer
    let recorder: Recorder?
    let events: LiveEvents?
    let counting: ProcessCount?

    func takeSample() async {
        defer { pace.finish() }
        guard let snapshot = await frames.next(interval: pace.intervalSeconds) else { return }
        ring.append(counting?.counted(snapshot) ?? snapshot)
        events?.take(snapshot)
        // The title of the view reports a failure.
        try? recorder?.append(snapshot)
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

    /// Changes the interval, also the one since the last sample.
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
