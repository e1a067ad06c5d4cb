internal import CgroupModel
internal import Enforcement
internal import KernelIO
internal import Reports

/// Keeps the past on disk, on a thread of its own: no tick waits for it.
///
/// Samples that come faster than the disk takes them are dropped and counted.
final class HistoryWriter: Sendable {
    private enum Order: Sendable {
        case keep(Snapshot)
        case finish
    }

    /// The number of samples that may wait for the disk.
    private static let capacity = 16

    private let store: HistoryStore
    private let queue: BackgroundQueue<Order>

    /// Creates a writer to a store.
    init(_ store: HistoryStore) {
        self.store = store
        queue = BackgroundQueue("cgw-history", capacity: Self.capacity) { order in
            switch order {
            case .keep(let snapshot): store.keep(snapshot)
            case .finish: store.finish()
            }
        }
    }

    /// The state for reports.
    var current: HistoryState {
        var state = store.current
        state.dropped = queue.dropped
        return state
    }

    /// Queues a snapshot.
    func append(_ snapshot: Snapshot) { queue.add(.keep(snapshot)) }

    /// Writes the queued samples and the open periods; returns false if that takes too long.
    func finish(within time: Duration) -> Bool {
        queue.add(.finish)
        return queue.waitUntilEmpty(within: time)
    }
}
