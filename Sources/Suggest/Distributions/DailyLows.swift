/// The lowest level of each day since a cgroup was created, to find leaks.
///
/// A level with a daily cycle returns to its low; a leak raises the low day by day.
package struct DailyLows: Sendable {
    private static let mostDays = 64
    private static let day: UInt64 = 86_400_000_000
    private var start: UInt64?
    private var lows: [UInt64] = []

    /// Creates a value without days.
    package init() {}

    /// Takes a level; `time` is in microseconds since 1970.
    package mutating func take(_ level: UInt64, at time: UInt64) {
        let start = start ?? time
        self.start = start
        let day = time > start ? Int(min((time - start) / Self.day, UInt64(Self.mostDays - 1))) : 0
        if day >= lows.count {
            // Days without samples repeat the day before.
            lows += [UInt64](repeating: lows.last ?? level, count: day - lows.count)
            lows.append(level)
        } else {
            lows[day] = min(lows[day], level)
        }
    }

    /// The growth per day, and its start in microseconds since 1970; nil unless the low rose every
    /// day, over at least three whole days, and by a fifth in total.
    package var growth: (each: UInt64, since: UInt64)? {
        // The last day is not over, so its low may still fall.
        let whole = lows.dropLast()
        guard whole.count >= 3, let start, let first = whole.first, let last = whole.last,
            zip(whole, whole.dropFirst()).allSatisfy({ $0 < $1 }), last >= first.adding(first / 5)
        else { return nil }
        return ((last - first) / UInt64(whole.count - 1), start)
    }
}
