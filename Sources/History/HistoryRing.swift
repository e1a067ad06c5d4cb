public import CgroupModel
import DequeModule
import Synchronization

/// The snapshots of the last minutes as frames in memory, within a budget.
///
/// One sampler appends; any number of cursors read, from other threads too.
public final class HistoryRing: Sendable {
    private struct State {
        var groups: Deque<KeyframeGroup> = []
        var byteCount = 0
        var latest: Snapshot?

        var numbers: Range<Int> {
            (groups.first?.numbers.lowerBound ?? 0)..<(groups.last?.numbers.upperBound ?? 0)
        }
    }

    private let byteBudget: Int
    private let keyframeInterval: Int
    private let state = Mutex(State())

    /// Keeps at most `byteBudget` bytes of frames, with a keyframe every `keyframeInterval` frames.
    ///
    /// The newest snapshot is kept whatever it takes.
    public init(byteBudget: Int = 32 << 20, keyframeInterval: Int = 60) {
        self.byteBudget = max(byteBudget, 0)
        self.keyframeInterval = max(keyframeInterval, 1)
    }

    /// Adds the newest snapshot, and drops the oldest ones for which there is no room any more.
    public func append(_ snapshot: Snapshot) {
        state.withLock { state in
            let isFull = state.groups.last.map(isFull) ?? true
            let frame = FrameCodec.encode(snapshot, after: isFull ? nil : state.latest)
            if FrameCodec.isKeyframe(frame) {
                state.groups.append(KeyframeGroup(startingAt: state.numbers.upperBound))
            }
            let last = state.groups.count - 1
            state.byteCount += state.groups[last].append(frame, wallTime: snapshot.wallTime)
            state.latest = snapshot
            while state.byteCount > byteBudget, state.groups.count > 1 {
                state.byteCount -= state.groups.removeFirst().byteCount
            }
        }
    }

    /// A group that took most of the budget could not be dropped while it grows.
    private func isFull(_ group: KeyframeGroup) -> Bool {
        group.frames.count >= keyframeInterval || group.byteCount > byteBudget / 4
    }

    /// How many snapshots there are.
    public var frameCount: Int { numbers.count }

    /// What they take in bytes, the decoded newest one not counted.
    public var byteCount: Int { state.withLock { $0.byteCount } }

    /// The newest snapshot as it was appended, nil before the first.
    public var latest: Snapshot? { state.withLock { $0.latest } }

    /// When the newest snapshot was taken, in microseconds since 1970; nil before the first.
    public var newestWallTime: UInt64? { state.withLock { $0.groups.last?.wallTimes.last } }

    /// The numbers of the frames that there are; they count up over the life of the ring.
    public var numbers: Range<Int> { state.withLock { $0.numbers } }

    /// The groups that hold frames of a range, oldest first.
    func groups(overlapping range: Range<Int>) -> [KeyframeGroup] {
        state.withLock { $0.groups.filter { $0.numbers.overlaps(range) } }
    }
}
