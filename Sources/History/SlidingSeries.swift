public import CgroupModel

/// The values of one cgroup over time, which follow a cursor and read only new frames.
///
/// A complete series decodes as many frames as it is long; following the newest snapshot decodes
/// one per tick.
public struct SlidingSeries<Value: Sendable>: Sendable {
    /// The cgroup.
    public let id: CgroupID
    /// The values up to the cursor's last position, oldest first; nil where the cgroup did not
    /// exist.
    public private(set) var values: [Value?] = []

    private let count: Int
    private let value: @Sendable (Snapshot, Int) -> Value?
    /// The number of the first frame that is not in `values`.
    private var end = 0

    /// Creates an empty series of at most `count` values.
    public init(
        of id: CgroupID, count: Int, value: @escaping @Sendable (Snapshot, Int) -> Value?
    ) {
        self.id = id
        self.count = max(count, 0)
        self.value = value
    }

    /// Moves the series so that it ends at the cursor's position.
    public mutating func move(to cursor: HistoryCursor) {
        guard let number = cursor.number else { return }
        let missing = number + 1 - end
        if missing == 0 { return }
        end = number + 1
        if missing > 0, missing < count, !values.isEmpty {
            let fresh = cursor.series(of: id, count: missing, value: value)
            if fresh.count == missing {
                values += fresh
                values.removeFirst(max(values.count - count, 0))
                return
            }
        }
        values = cursor.series(of: id, count: count, value: value)
    }
}
