package import CgroupModel
import DequeModule
import Synchronization

/// The most recent snapshots as encoded frames in memory, within a byte budget.
///
/// One sampler appends; any number of cursors may read, also from other threads.
package final class HistoryRing: Sendable {
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
    private let appending = Mutex(())

    /// Creates a ring of at most `byteBudget` bytes, with a keyframe every `keyframeInterval`
    /// frames.
    ///
    /// The newest group of frames is kept whatever its size.
    package init(byteBudget: Int = 32 << 20, keyframeInterval: Int = 60) {
        self.byteBudget = max(byteBudget, 0)
        self.keyframeInterval = max(keyframeInterval, 1)
    }

    /// Appends the newest snapshot, and drops the oldest ones if the budget is exceeded.
    package func append(_ snapshot: Snapshot) {
        appending.withLock { _ in
            let base = state.withLock { state in
                state.groups.last.map(isFull) ?? true ? nil : state.latest
            }
            // Outside the lock of the state, for which the screen waits.
            let frame = FrameCodec.encode(snapshot, after: base)
            state.withLock { add(frame, snapshot, to: &$0) }
        }
    }

    private func add(_ frame: [UInt8], _ snapshot: Snapshot, to state: inout State) {
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

    /// Limits a group to a quarter of the budget too, because the growing group cannot be dropped.
    private func isFull(_ group: KeyframeGroup) -> Bool {
        group.frames.count >= keyframeInterval || group.byteCount > byteBudget / 4
    }

    /// The number of snapshots.
    package var frameCount: Int { numbers.count }

    /// The size of the frames in bytes, without the decoded newest snapshot.
    package var byteCount: Int { state.withLock { $0.byteCount } }

    /// The newest snapshot as it was appended; nil while the ring is empty.
    package var latest: Snapshot? { state.withLock { $0.latest } }

    /// The time of the newest snapshot in microseconds since 1970; nil while the ring is empty.
    package var newestWallTime: UInt64? { state.withLock { $0.groups.last?.wallTimes.last } }

    /// The numbers of the frames in the ring, which increase over its lifetime.
    package var numbers: Range<Int> { state.withLock { $0.numbers } }

    /// The groups with frames in a range, oldest first.
    func groups(overlapping range: Range<Int>) -> [KeyframeGroup] {
        state.withLock { $0.groups.filter { $0.numbers.overlaps(range) } }
    }
}
