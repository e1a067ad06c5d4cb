/// A time as users write it: `500ms`, `5s`, `1m`, `7d`, or seconds as a plain number.
package struct Interval: Sendable {
    /// The time in seconds.
    package let seconds: Double

    /// Creates a time in seconds.
    package init(seconds: Double) { self.seconds = seconds }

    /// Parses a time from 1 ms to a year; nil if it is not one.
    package init?(argument: String) {
        let units: [(String, Double)] = [
            ("ms", 0.001), ("us", 1e-6), ("min", 60), ("sec", 1), ("s", 1), ("m", 60), ("h", 3600),
            ("d", 86400),
        ]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1)
        guard let number = Double(argument.dropLast(unit.0.count)), number.isFinite,
            number * unit.1 >= 0.001, number * unit.1 <= 86400 * 365
        else { return nil }
        seconds = number * unit.1
    }

    /// The time, to the microsecond.
    package var duration: Duration { .microseconds(Int64(seconds * 1e6)) }
}
