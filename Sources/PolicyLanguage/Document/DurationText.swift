internal import CgroupModel

/// Formats and parses durations in policies: `500ms`, `10s`, `5m`, `2h`, `1d`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// Formats in the largest exact unit.
    package static func text(_ duration: Duration) -> String {
        let nanoseconds = Int64(duration.nanoseconds)
        guard nanoseconds != 0 else { return "0s" }
        let unit = units.first { nanoseconds % $0.nanoseconds == 0 } ?? ("ns", 1)
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }

    /// Parses a duration; nil without a unit, and beyond ten years.
    static func duration(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(digits.count)
        guard let factor = units.first(where: { $0.name == unit })?.nanoseconds,
            let number = PlainNumber.value(digits)
        else { return nil }
        let nanoseconds = (number * Double(factor)).rounded()
        return nanoseconds <= 315_360_000e9 ? .nanoseconds(Int64(nanoseconds)) : nil
    }
}
