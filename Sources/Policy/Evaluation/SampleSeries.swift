import PolicyLanguage

/// The samples of one metric for all cgroups, enough for the longest window.
///
/// Sample i represents the interval since sample i-1. An interval is valid if both its ends have a
/// number, if it is at most 2.5 sampling intervals long and, for a counter, if the counter did not
/// fall: a reset leaves a hole, never a huge or negative growth. A window has a value if valid
/// intervals cover four fifths of it.
struct SampleSeries: Sendable {
    /// The sum over a window.
    struct Sum {
        /// The total length of the valid intervals, in nanoseconds.
        var covered: UInt64 = 0
        /// The integral of a gauge over seconds, or the growth of a counter.
        var total = 0.0
        /// Whether a counter grew.
        var grew = false
        /// The number of times that a counter fell.
        var resets = 0

        /// Whether enough of the window is covered.
        func covers(_ window: UInt64) -> Bool { covered / 4 >= window / 5 }

        var seconds: Double { Double(covered) / 1e9 }
    }

    private let isCounter: Bool
    private let longestGap: UInt64
    private(set) var capacity: Int
    private var times: [UInt64]
    /// All samples of the first row, then all of the second.
    private var values: [Double] = []
    private var newest = 0
    private(set) var count = 0

    /// Allocates room for a window with one sample per interval, and for a few more.
    init(isCounter: Bool, interval: UInt64, window: UInt64) {
        self.isCounter = isCounter
        longestGap = interval * 5 / 2
        capacity = Int(window / max(interval, 1)) + 4
        times = Array(repeating: 0, count: capacity)
    }

    /// The time of the last sample; 0 if there is none.
    var lastTime: UInt64 { count > 0 ? times[newest] : 0 }

    /// Appends one sample for each row.
    mutating func append(time: UInt64, _ column: [Double]) {
        if values.count < column.count * capacity {
            values += Array(
                repeating: .unknown, count: column.count * capacity - values.count)
        }
        newest = newest + 1 == capacity ? 0 : newest + 1
        count = min(count + 1, capacity)
        times[newest] = time
        var place = newest
        for value in column {
            values[place] = value
            place += capacity
        }
    }

    /// Forgets the samples of a row, which now belongs to another cgroup.
    mutating func clear(row: Int) {
        guard (row + 1) * capacity <= values.count else { return }
        for place in row * capacity..<(row + 1) * capacity { values[place] = .unknown }
    }

    /// Returns the end of a window: the last sample, or now if that sample is too old.
    private func end(_ now: UInt64) -> UInt64 {
        now - lastTime <= longestGap ? lastTime : now
    }

    /// Sums the valid intervals of a window, clipped to it.
    func sum(row: Int, window: UInt64, now: UInt64) -> Sum {
        var sum = Sum()
        let base = row * capacity
        guard count > 1, base < values.count else { return sum }
        let end = end(now)
        let start = end > window ? end - window : 0
        var place = newest
        for _ in 1..<count {
            let to = times[place]
            if to <= start { break }
            let before = place == 0 ? capacity - 1 : place - 1
            let from = times[before]
            let (old, new) = (values[base + before], values[base + place])
            place = before
            guard to - from <= longestGap, !old.isNaN, !new.isNaN else { continue }
            let length = to - max(from, start)
            guard isCounter else {
                sum.covered += length
                sum.total += new * Double(length) / 1e9
                continue
            }
            guard new >= old else {
                sum.resets += 1
                continue
            }
            sum.covered += length
            sum.total += (new - old) * Double(length) / Double(to - from)
            sum.grew = sum.grew || new > old
        }
        return sum
    }

    /// Evaluates a function over a window: unknown without coverage, not applicable if the last
    /// sample is.
    ///
    /// For a counter, `min`, `max`, `p95` and `slope` use the rates from sample to sample.
    func value(
        _ function: WindowFunction, row: Int, window: UInt64, now: UInt64
    ) -> Double {
        let last = last(row: row)
        if last.isNotApplicable { return last }
        let sum = sum(row: row, window: window, now: now)
        guard sum.covers(window), sum.covered > 0 else {
            return last.isNaN ? last : .unknown(isLate ? .lateSamples : .tooFewSamples)
        }
        switch function {
        case .avg, .rate: return sum.total / sum.seconds
        case .delta: return sum.total / sum.seconds * Double(window) / 1e9
        case .min, .max, .p95, .slope:
            let levels = levels(row: row, window: window, now: now)
            return Self.figure(function, levels)
        }
    }

    /// Whether a counter grew: yes with any growth, no only if the window is covered.
    func increased(row: Int, window: UInt64, now: UInt64) -> Truth {
        if last(row: row).isNotApplicable { return .no }
        let sum = sum(row: row, window: window, now: now)
        if sum.grew { return .yes }
        return sum.covers(window) && sum.covered > 0 ? .no : .unknown
    }

    /// Whether the last interval is too long to count; if all are, no window is ever covered.
    private var isLate: Bool {
        let before = newest == 0 ? capacity - 1 : newest - 1
        return count > 1 && times[newest] - times[before] > longestGap
    }

    private func last(row: Int) -> Double {
        let place = row * capacity + newest
        return count > 0 && place < values.count ? values[place] : .unknown
    }

    /// Returns the samples of a window, latest first, with times in seconds relative to its end.
    private func levels(
        row: Int, window: UInt64, now: UInt64
    ) -> [(time: Double, level: Double)] {
        var result: [(time: Double, level: Double)] = []
        let end = end(now)
        let start = end > window ? end - window : 0
        var place = newest
        for step in 0..<count where times[place] > start {
            let before = place == 0 ? capacity - 1 : place - 1
            var level = values[row * capacity + place]
            if isCounter {
                let old = values[row * capacity + before]
                let length = step + 1 < count ? times[place] - times[before] : 0
                level =
                    length > 0 && length <= longestGap && level >= old
                    ? (level - old) / (Double(length) / 1e9) : .unknown
            }
            if !level.isNaN { result.append((-Double(end - times[place]) / 1e9, level)) }
            place = before
        }
        return result
    }

    private static func figure(
        _ function: WindowFunction, _ samples: [(time: Double, level: Double)]
    ) -> Double {
        let levels = samples.map(\.level)
        switch function {
        case .min: return levels.min() ?? .unknown
        case .max: return levels.max() ?? .unknown
        case .p95:
            guard !levels.isEmpty else { return .unknown }
            return levels.sorted()[(levels.count * 95 + 99) / 100 - 1]
        default:
            guard samples.count >= 3 else { return .unknown(.tooFewSamples) }
            let count = Double(samples.count)
            let (time, level) = samples.reduce((0, 0)) {
                ($0.0 + $1.time / count, $0.1 + $1.level / count)
            }
            let (product, square) = samples.reduce((0.0, 0.0)) {
                let distance = $1.time - time
                return ($0.0 + distance * ($1.level - level), $0.1 + distance * distance)
            }
            return square > 0 ? product / square : .unknown
        }
    }
}
