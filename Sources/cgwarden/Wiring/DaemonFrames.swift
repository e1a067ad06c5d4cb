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
    /// The longest time without a new frame, in microseconds, before this process samples itself.
    private static let patience: UInt64 = 10_000_000

    private struct State {
        var tail: RecordingTail
        var isAttached = true
        /// When the last new frame was seen, in microseconds since 1970.
        var seen: UInt64
    }

    private let state: Mutex<State>
    private let scope: SampleScope
    private let own: OwnFrames
    private let counter = FrameCounter()

    /// Attaches to the daemon that keeps its history in a folder.
    ///
    /// Nil if no daemon writes frames there now, or more slowly than each `interval` in seconds;
    /// nil means any. Throws the error of reading them.
    init?(_ folder: String, _ scope: SampleScope, interval: Double?, own: OwnFrames) throws {
        guard let file = HistoryFolder.paths(in: folder).first else { return nil }
        var tail = RecordingTail(file)
        let now = MonotonicClock.wallMicroseconds
        guard let newest = try tail.newest(), newest.wallTime + Self.patience > now,
            newest.wallTime < now + Self.patience
        else { return nil }
        if let interval, newest.tierTimes[Tier.tick.rawValue].seconds ?? 0 > interval * 1.5 {
            return nil
        }
        tail.rewind()
        self.scope = scope
        self.own = own
        state = Mutex(State(tail: tail, seen: now))
    }

    var title: String {
        state.withLock { $0.isAttached ? "\(own.title)  from the daemon" : own.title }
    }

    func next(interval: Double) async -> Snapshot? {
        let now = MonotonicClock.wallMicroseconds
        let (found, isAttached) = state.withLock { state in
            let found = try? state.tail.newest()
            if found != nil { state.seen = now }
            let silence = now > state.seen ? now - state.seen : 0
            state.isAttached = silence < Self.patience + UInt64(interval * 1e6)
            return (found, state.isAttached)
        }
        if let found { return counter.numbered(found.within(scope)) }
        guard !isAttached else { return nil }
        return await own.next(interval: interval).map(counter.numbered)
    }
}
