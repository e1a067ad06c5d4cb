import CgroupModel

/// Finds the values of one row's instances in another row, going through both in order.
///
/// Devices come and go, and then the rest moves up or down; looking a little ahead finds it again
/// without a table. What is not found is only dearer to encode.
struct InstanceMatcher {
    private static let lookahead = 64
    private let base: ArraySlice<InstanceReading>
    private var next: Int

    init(in base: ArraySlice<InstanceReading>) {
        self.base = base
        next = base.startIndex
    }

    mutating func match(_ metric: MetricID, _ key: InstanceKey) -> InstanceReading? {
        let end = min(next + Self.lookahead, base.endIndex)
        var place = next
        while place < end {
            if base[place].metric == metric, base[place].key == key {
                next = place + 1
                return base[place]
            }
            place += 1
        }
        return nil
    }
}
