import CgroupModel
import Hierarchy
import History
import KernelIO
import Service
import Synchronization

/// The frames that the daemon keeps on disk, and this process's own while the daemon writes none.
///
/// Only what is new is read and decoded, so that a second watcher costs little.
final class DaemonFrames: FrameSource {
    /// The longest time without a new frame, in nanoseconds, before this process samples itself.
    private static let patience: UInt64 = 10_000_000_000

    private struct State {
        var tail: RecordingTail
        var isAttached = true
        /// When the last new frame was seen, in nanoseconds of CLOCK_MONOTONIC.
        var seen: UInt64 = 0
        /// How old that frame was, in nanoseconds.
        var age: UInt64 = 0
        /// The daemon's interval in seconds; at most an hour, because it was read from a file.
        var period = 0.0

        mutating func take(_ frame: Snapshot) {
            seen = MonotonicClock.nanoseconds
            age = 0
            guard let seconds = frame.tierTimes[Tier.tick.rawValue].seconds else { return }
            period = (0...3600).contains(seconds) ? seconds : 3600
        }

        /// Whether the daemon writes at all, and, if an interval in seconds is given, often enough
        /// for it and every cgroup.
        mutating func attach(_ interval: Double?) -> Bool {
            let silence = MonotonicClock.nanoseconds - seen + age
            isAttached =
                silence < DaemonFrames.patience + UInt64(period * 2e9)
                && interval.map { period <= $0 * 1.5 && tail.leftOut == 0 } ?? true
            return isAttached
        }
    }

    private let state: Mutex<State>
    private let scope: SampleScope
    private let own: OwnFrames
    private let counter = FrameCounter()
    /// Whether the daemon's frames are shown even if they are rarer than the view's interval, or
    /// leave cgroups out.
    private let isRequired: Bool

    /// Attaches to the daemon that keeps its history in a folder.
    ///
    /// Nil if no daemon writes frames there now, or, unless they are required, if they are rarer
    /// than each `interval` in seconds or leave cgroups out. Throws the error of reading them.
    init?(
        _ folder: String, _ scope: SampleScope, interval: Double, isRequired: Bool, own: OwnFrames
    ) throws {
        guard let file = HistoryFolder.paths(in: folder).first else { return nil }
        var state = State(tail: RecordingTail(file))
        guard let newest = try state.tail.newest() else { return nil }
        state.take(newest)
        // The first one may have been written long ago.
        let now = MonotonicClock.wallMicroseconds
        state.age = (now - min(now, newest.wallTime)) * 1000
        guard state.attach(isRequired ? nil : interval) else { return nil }
        state.tail.rewind()
        self.scope = scope
        self.own = own
        self.isRequired = isRequired
        self.state = Mutex(state)
    }

    var title: String {
        state.withLock { state in
            guard state.isAttached else { return own.title }
            let leftOut = state.tail.leftOut
            return "\(own.title)  from the daemon" + (leftOut > 0 ? ", \(leftOut) left out" : "")
        }
    }

    func next(interval: Double) async -> Snapshot? {
        let (found, isAttached) = state.withLock { state in
            let found = try? state.tail.newest()
            if let found { state.take(found) }
            return (found, state.attach(isRequired ? nil : interval))
        }
        guard isAttached else { return await own.next(interval: interval).map(counter.numbered) }
        return found.map { counter.numbered($0.within(scope)) }
    }
}
