/// A value that differs from its prediction.
struct Change {
    /// The column, or the metric of an instance.
    var group: Int32
    /// The place in the group: the row, or the number among the instances of the metric.
    var place: Int32
    /// The difference from the prediction.
    var delta: UInt64
    /// ``delta`` minus the value's previous change.
    var second: UInt64
}

/// Encodes changes group by group, so that a reader can skip the groups that it does not need.
///
/// A group begins with its places. These are often the places of the group before, because one
/// cgroup's activity changes many counters. The differences follow, of the first or the second
/// order, in about as many bits as their typical size.
struct ChangeWriter {
    /// How the places of a group are encoded.
    enum Places {
        static let asBefore: UInt64 = 0
        static let listed: UInt64 = 1
        static let differing: UInt64 = 2
        static let all: UInt64 = 3

        /// The typical number of bits of a gap between places.
        static func gapBits(_ count: Int, of size: Int) -> Int {
            UInt64(size / (count + 1)).bitLength
        }

        /// The places in exactly one of two ascending lists.
        static func difference(_ left: [Int32], _ right: [Int32]) -> [Int32] {
            var result: [Int32] = []
            var (one, other) = (0, 0)
            while one < left.count || other < right.count {
                if other == right.count || (one < left.count && left[one] < right[other]) {
                    result.append(left[one])
                    one += 1
                } else if one == left.count || right[other] < left[one] {
                    result.append(right[other])
                    other += 1
                } else {
                    one += 1
                    other += 1
                }
            }
            return result
        }
    }

    private var changes: [Change] = []

    mutating func add(_ change: Change) { changes.append(change) }

    /// Writes the number of groups with changes, the distance and the length of each to `head`, and
    /// appends the groups to `body`.
    ///
    /// `size` is the number of places in a group.
    func encode(
        groups count: Int, _ head: inout RunWriter, _ body: inout [UInt8], size: (Int) -> Int
    ) {
        guard !changes.isEmpty else { return head.put(0) }
        let (order, ends) = sorted(count)
        let filled = ends.indices.filter { ends[$0] > (($0 > 0) ? ends[$0 - 1] : 0) }
        head.put(UInt64(filled.count))
        var before = -1
        var places: [Int32] = []
        for group in filled {
            let slice = order[(group > 0 ? ends[group - 1] : 0)..<ends[group]]
            var out = BitWriter()
            let own = slice.map { changes[$0].place }
            Self.put(own, before: places, of: size(group), &out)
            putDeltas(slice, &out)
            out.finish()
            places = own
            head.put(UInt64(group - before - 1))
            head.put(UInt64(out.bytes.count))
            body += out.bytes
            before = group
        }
    }

    /// The changes by group, each ascending, and where each group ends.
    private func sorted(_ count: Int) -> (order: [Int], ends: [Int]) {
        var ends = [Int](repeating: 0, count: count)
        for change in changes { ends[Int(change.group)] += 1 }
        var sum = 0
        var next = ends
        for group in ends.indices {
            next[group] = sum
            sum += ends[group]
            ends[group] = sum
        }
        var order = [Int](repeating: 0, count: changes.count)
        for (number, change) in changes.enumerated() {
            order[next[Int(change.group)]] = number
            next[Int(change.group)] += 1
        }
        return (order, ends)
    }

    private static func put(
        _ places: [Int32], before: [Int32], of size: Int, _ out: inout BitWriter
    ) {
        if places == before { return out.put(Places.asBefore, bits: 2) }
        if places.count == size { return out.put(Places.all, bits: 2) }
        let difference = Places.difference(places, before)
        let isShorter = difference.count < places.count
        out.put(isShorter ? Places.differing : Places.listed, bits: 2)
        let list = isShorter ? difference : places
        out.put(UInt64(list.count), typical: 4)
        let gap = Places.gapBits(list.count, of: size)
        var next: Int32 = 0
        for place in list {
            out.put(UInt64(place - next), typical: gap)
            next = place + 1
        }
    }

    private func putDeltas(_ slice: ArraySlice<Int>, _ out: inout BitWriter) {
        let first = Distribution(slice.lazy.map { changes[$0].delta })
        let second = Distribution(slice.lazy.map { changes[$0].second })
        let isSecond = second.cost < first.cost
        let best = isSecond ? second : first
        out.put(isSecond ? 1 : 0, bits: 1)
        out.put(best.isSigned ? 1 : 0, bits: 1)
        out.put(UInt64(best.typical), bits: 6)
        for number in slice {
            let delta = isSecond ? changes[number].second : changes[number].delta
            out.put(best.isSigned ? zigzag(Int64(bitPattern: delta)) : delta, typical: best.typical)
        }
    }
}

/// The sizes of differences, and the best encoding for them.
private struct Distribution {
    let isSigned: Bool
    /// The typical number of bits for which the encoding of all differences is the shortest.
    let typical: Int
    /// The length of that encoding in bits.
    let cost: Int

    init(_ deltas: some Collection<UInt64>) {
        var signs: UInt64 = 0
        for delta in deltas { signs |= delta }
        isSigned = Int64(bitPattern: signs) < 0
        var lengths = InlineArray<65, Int>(repeating: 0)
        for delta in deltas {
            lengths[(isSigned ? zigzag(Int64(bitPattern: delta)) : delta).bitLength] += 1
        }
        // With one more typical bit, numbers of at most `best` bits take one bit more, and numbers
        // of at least `best` + 2 bits take one bit less.
        var best = 0
        var below = lengths[0]
        var above = deltas.count - lengths[0] - lengths[1]
        while best < 63, below < above {
            best += 1
            below += lengths[best]
            above -= lengths[best + 1]
        }
        var sum = 0
        for length in 0...64 {
            sum += lengths[length] * (length <= best ? 1 + best : 2 * length - best)
        }
        typical = best
        cost = sum
    }
}
