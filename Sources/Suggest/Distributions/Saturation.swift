/// Saturating arithmetic, because a recording may contain any number.
extension UInt64 {
    /// Adds a number.
    package mutating func add(_ other: UInt64) { self = adding(other) }

    /// The sum with a number.
    package func adding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// Rounds a number down; a negative number becomes 0.
    init(saturating number: Double) {
        self = number < 0x1p64 ? UInt64(Swift.max(number, 0)) : .max
    }
}
