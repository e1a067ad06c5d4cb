public import CgroupModel

/// A curve of one cgroup that moves along with a cursor and reads only what is new.
///
/// A whole curve takes as many frames as it is long; one that follows the newest snapshot takes one
/// a tick.
public struct SlidingSeries<Value: Sendable>: Sendable {
    /// Whose curve this is.
    public let id: CgroupID
    /// The values up to where the cursor was last, oldest first; nil where the cgroup did not exist.
    public private(set) var values: [Value?] = []

    private let count: Int
    private let value: @Sendable (Snapshot, Int) -> Value?
    /// The number of the first frame that is not in `values`.
    private var end = 0

    /// Will hold `count` values at most.
    public init(
        of id: CgroupID, count: Int, value: @escaping @Sendable (Snapshot, Int) -> Value?
    ) {
        self.id = id
        self.count = max(count, 0)
        self.value = value
    }

    /// Moves the curve so that it ends where the cursor stands.
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
