/// The share of time at each level of a quantity, in buckets that span at most 1/32 of their value.
///
/// Its size depends on the range of the values, not on their number: at most 60 octaves of 32
/// buckets, usually a few dozen.
package struct Distribution: Sendable {
    private static let steps = 5
    private var first = 0
    private var weights: [UInt64] = []
    /// The time of all values, in nanoseconds.
    package private(set) var time: UInt64 = 0
    /// The highest value, including values without a duration.
    package private(set) var highest: UInt64 = 0

    /// Creates a distribution without values.
    package init() {}

    /// Adds a value that held for a time in nanoseconds.
    package mutating func add(_ value: UInt64, for nanoseconds: UInt64) {
        highest = max(highest, value)
        guard nanoseconds > 0 else { return }
        time.add(nanoseconds)
        let bucket = Self.bucket(of: value)
        if weights.isEmpty {
            first = bucket
            weights = [nanoseconds]
            return
        }
        if bucket < first {
            weights.insert(contentsOf: [UInt64](repeating: 0, count: first - bucket), at: 0)
            first = bucket
        } else if bucket - first >= weights.count {
            weights.append(
                contentsOf: [UInt64](repeating: 0, count: bucket - first - weights.count + 1))
        }
        weights[bucket - first].add(nanoseconds)
    }

    /// Returns the level that is not exceeded for a share of the time, up to 1/32 too high.
    package func quantile(_ share: Double) -> UInt64 {
        let wanted = Double(time) * share
        var sum: UInt64 = 0
        for (index, weight) in weights.enumerated() {
            sum.add(weight)
            if weight > 0, Double(sum) >= wanted {
                return min(Self.upperBound(of: first + index), highest)
            }
        }
        return highest
    }

    /// Small values have a bucket each, larger ones 32 for each power of two.
    private static func bucket(of value: UInt64) -> Int {
        guard value >= 1 << steps else { return Int(value) }
        let power = 63 - value.leadingZeroBitCount
        let rest = Int(value >> UInt64(power - steps)) & (1 << steps - 1)
        return (power - steps + 1) << steps + rest
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 1 << steps else { return UInt64(bucket) }
        let power = bucket >> steps - 1
        let rest = UInt64(bucket & (1 << steps - 1))
        return (1 << UInt64(steps) + rest) << UInt64(power) + (1 << UInt64(power) - 1)
    }
}

/// The highest value so far, and when it was seen.
package struct Peak: Hashable, Sendable {
    /// The value.
    package private(set) var value: UInt64
    /// The time in microseconds since 1970.
    package private(set) var time: UInt64

    /// Creates a peak from the first value.
    package init(_ value: UInt64, at time: UInt64) {
        self.value = value
        self.time = time
    }
}

extension Peak? {
    /// Takes a later value.
    package mutating func take(_ value: UInt64, at time: UInt64) {
        if let peak = self, peak.value >= value { return }
        self = Peak(value, at: time)
    }
}
