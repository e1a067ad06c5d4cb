import CgroupModel

/// Finds the instances of one row in another row, scanning both in order.
///
/// When devices come or go, the others shift. Looking a few entries ahead finds them again without
/// a table. An instance that is not found only takes more bytes to encode.
struct InstanceMatcher {
    private static let lookahead = 64
    private let base: ArraySlice<InstanceReading>
    private var next: Int

    init(in base: ArraySlice<InstanceReading>) {
        self.base = base
        next = base.startIndex
    }

    mutating func match(_ metric: MetricID, _ key: InstanceKey) -> InstanceReading? {
        place(metric, key).map { base[$0] }
    }

    /// The index of an instance in the other row.
    mutating func place(_ metric: MetricID, _ key: InstanceKey) -> Int? {
        let end = min(next + Self.lookahead, base.endIndex)
        var place = next
        while place < end {
            if base[place].metric == metric, base[place].key == key {
                next = place + 1
                return place
            }
            place += 1
        }
        return nil
    }
}
