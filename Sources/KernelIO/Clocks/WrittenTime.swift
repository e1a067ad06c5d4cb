internal import CgroupModel

/// A time as users write it: RFC 3339, `-5m` before the end of a period, or `HH:MM:SS`.
package struct WrittenTime: Sendable {
    private enum Meaning: Sendable {
        /// An instant in microseconds since 1970.
        case instant(UInt64)
        case beforeEnd(Double)
        /// A time in seconds since local midnight.
        case timeOfDay(Int)
    }

    /// The text as written.
    package let text: String
    private let meaning: Meaning

    /// Parses a time; nil if the text is not one.
    package init?(argument: String) {
        guard let meaning = Self.parse(argument) else { return nil }
        self.meaning = meaning
        text = argument
    }

    private static func parse(_ argument: String) -> Meaning? {
        if argument.hasPrefix("-") {
            return Interval(argument: String(argument.dropFirst())).map { .beforeEnd($0.seconds) }
        }
        if let second = timeOfDay(argument) { return .timeOfDay(Int(second)) }
        return instant(argument).map { .instant($0) }
    }

    /// Returns the instant in microseconds since 1970, for a period that ends at `end`.
    ///
    /// A time of day refers to its last occurrence before the end.
    package func instant(before end: UInt64) -> UInt64 {
        switch meaning {
        case .instant(let microseconds): return microseconds
        case .beforeEnd(let seconds):
            let back = UInt64(seconds * 1e6)
            return end > back ? end - back : 0
        case .timeOfDay(let second):
            var wanted = CivilTime(local: end)
            let isToday = second <= wanted.second
            wanted.second = second
            let local = wanted.seconds - (isToday ? 0 : 86400)
            // The time zone offset can differ between the end and the result, so look it up again.
            let guess = local - CivilTime.offset(at: Int(end / 1_000_000))
            return UInt64(max(local - CivilTime.offset(at: guess), 0)) * 1_000_000
        }
    }

    /// Parses `14:03:22`, `14:03` or `14:03:22.5` to seconds.
    private static func timeOfDay(_ text: some StringProtocol) -> Double? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0], 0..<24),
            let minute = number(parts[1], 0..<60)
        else { return nil }
        guard parts.count == 3 else { return Double(hour * 3600 + minute * 60) }
        let halves = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        // A leap second counts as the last second of its minute.
        guard halves.count <= 2, let second = number(halves[0], 0..<61) else { return nil }
        var fraction = 0.0
        if halves.count == 2 {
            guard !halves[1].isEmpty, halves[1].allSatisfy({ $0.isASCII && $0.isNumber }),
                let value = Double("0.\(halves[1])")
            else { return nil }
            fraction = value
        }
        return Double(hour * 3600 + minute * 60 + min(second, 59)) + fraction
    }

    /// Parses RFC 3339: `2026-11-24T14:03:22Z`, `2026-11-24 14:03:22.5+02:00`.
    private static func instant(_ text: String) -> UInt64? {
        guard let separator = text.firstIndex(where: { "Tt ".contains($0) }) else { return nil }
        let date = text[..<separator].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, date.map(\.count) == [4, 2, 2],
            let year = number(date[0], 1970..<9999),
            let month = number(date[1], 1..<13), let day = number(date[2], 1..<32)
        else { return nil }
        let day0 = CivilTime(year: year, month: month, day: day, second: 0)
        // Reject days that the month does not have.
        guard CivilTime(seconds: day0.seconds) == day0 else { return nil }
        let rest = text[text.index(after: separator)...]
        guard let zone = rest.firstIndex(where: { "Zz+-".contains($0) }),
            let second = timeOfDay(rest[..<zone]), let offset = offset(rest[zone...])
        else { return nil }
        let seconds = Double(day0.seconds) + second - Double(offset)
        return seconds >= 0 ? UInt64((seconds * 1e6).rounded()) : nil
    }

    /// Parses `Z` or `+02:00` to seconds.
    private static func offset(_ zone: Substring) -> Int? {
        if zone == "Z" || zone == "z" { return 0 }
        let parts = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hours = number(parts[0], 0..<24),
            let minutes = number(parts[1], 0..<60)
        else { return nil }
        return (hours * 3600 + minutes * 60) * (zone.hasPrefix("-") ? -1 : 1)
    }

    private static func number(_ text: some StringProtocol, _ range: Range<Int>) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit),
            let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }
}
