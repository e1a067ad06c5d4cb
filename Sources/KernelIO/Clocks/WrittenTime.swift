internal import CgroupModel

/// A time as users write it: `-2h`, `yesterday 14:00`, `14:02:11`, `2026-11-29 14:00`, RFC 3339 or
/// `@UNIX`.
///
/// Times without a zone are local.
package struct WrittenTime: Sendable {
    /// The error about a time that does not exist or is not allowed: one sentence.
    package struct Mistake: Error, Hashable, CustomStringConvertible {
        /// The message.
        package let description: String

        /// Creates an error with its message.
        package init(description: String) { self.description = description }
    }

    private enum Meaning: Sendable {
        /// An instant in microseconds since 1970.
        case instant(UInt64)
        /// Seconds before the end of the period; 0 is the end.
        case beforeEnd(Double)
        /// A time in microseconds since local midnight.
        case timeOfDay(Int)
        /// Days before the day of the period's end, and microseconds since that day's midnight.
        case daysBefore(Int, Int)
        /// A date, and microseconds since its midnight.
        case date(CivilTime, Int)
    }

    /// The forms, for messages and help texts.
    package static let forms = "-2h, 14:02, 'yesterday 14:00', '2026-11-29 14:00', RFC 3339, @UNIX"

    /// The text as written.
    package let text: String
    private let meaning: Meaning

    /// Parses a time; nil if the text is not one.
    package init?(argument: String) {
        guard let meaning = Self.parse(argument) else { return nil }
        self.meaning = meaning
        text = argument
    }

    /// Returns the instant in microseconds since 1970, for a period that ends at `end`.
    ///
    /// A time of day refers to its last occurrence before the end. A local time that occurs twice,
    /// because the clocks went back, means the first one; one that was skipped is an error.
    package func instant(before end: UInt64) throws(Mistake) -> UInt64 {
        switch meaning {
        case .instant(let microseconds): return microseconds
        case .beforeEnd(let seconds):
            let back = UInt64(seconds * 1e6)
            return end > back ? end - back : 0
        case .timeOfDay(let time):
            let today = CivilTime(local: end)
            let found = Self.instants(today, time)
            if let last = found.last(where: { $0 <= end }) { return last }
            let isSkippedToday = found.isEmpty && time <= today.second * 1_000_000
            return try first(on: isSkippedToday ? today : today.adding(days: -1), time)
        case .daysBefore(let days, let time):
            return try first(on: CivilTime(local: end).adding(days: -days), time)
        case .date(let day, let time): return try first(on: day, time)
        }
    }

    /// Returns the same instant; throws if it is after `end`.
    package func instant(notAfter end: UInt64) throws(Mistake) -> UInt64 {
        let instant = try instant(before: end)
        guard instant <= end else {
            throw Mistake(description: "\(text.onOneLine) is in the future")
        }
        return instant
    }

    /// Returns the latest instant that the time can mean.
    ///
    /// A time without a fraction can mean any instant within its second; `now` and `-2h` are exact.
    package func latestInstant(before end: UInt64) throws(Mistake) -> UInt64 {
        let instant = try instant(before: end)
        if case .beforeEnd = meaning { return instant }
        return text.contains(".") ? instant : instant + 999_999
    }

    private func first(on day: CivilTime, _ time: Int) throws(Mistake) -> UInt64 {
        guard let instant = Self.instants(day, time).first else {
            throw Mistake(
                description: "\(text.onOneLine): there is no such local time on \(day.date), "
                    + "because the clocks went forward")
        }
        return instant
    }

    /// Returns the instants at which local clocks show a time: one, none or two.
    private static func instants(_ day: CivilTime, _ time: Int) -> [UInt64] {
        var midnight = day
        midnight.second = 0
        let local = midnight.seconds + time / 1_000_000
        // No zone is more than a day from UTC, so these are the offsets before and after a change.
        let offsets = Set([local - 86_400, local + 86_400].map { CivilTime.offset(at: $0) })
        return offsets.map { local - $0 }
            .filter { $0 >= 0 && $0 + CivilTime.offset(at: $0) == local }.sorted()
            .map { UInt64($0) * 1_000_000 + UInt64(time % 1_000_000) }
    }
}

// MARK: Parsing

extension WrittenTime {
    /// The exclusive bound of the year in a date, and the same in seconds since 1970; a year before
    /// has four digits in every zone.
    private static let endYear = 9999
    private static let endSecond =
        CivilTime(year: endYear, month: 1, day: 1, second: 0).seconds

    private static func parse(_ argument: String) -> Meaning? {
        if argument == "now" { return .beforeEnd(0) }
        if argument.hasPrefix("-") {
            return Interval(argument: String(argument.dropFirst())).map { .beforeEnd($0.seconds) }
        }
        if argument.hasPrefix("@") { return unix(argument.dropFirst()).map { .instant($0) } }
        if let time = timeOfDay(argument) { return .timeOfDay(time) }
        let separator = argument.firstIndex { "Tt ".contains($0) }
        let rest = separator.map { argument[argument.index(after: $0)...] }
        for (word, days) in [("today", 0), ("yesterday", 1)] where argument.hasPrefix(word) {
            let rest = argument.dropFirst(word.count)
            if rest.isEmpty { return .daysBefore(days, 0) }
            guard rest.hasPrefix(" "), let time = timeOfDay(rest.dropFirst()) else { return nil }
            return .daysBefore(days, time)
        }
        guard let day = date(argument[..<(separator ?? argument.endIndex)]) else { return nil }
        guard let rest else { return .date(day, 0) }
        guard let zone = rest.firstIndex(where: { "Zz+-".contains($0) }) else {
            return timeOfDay(rest).map { .date(day, $0) }
        }
        guard let time = timeOfDay(rest[..<zone]), let offset = offset(rest[zone...]) else {
            return nil
        }
        let instant = (day.seconds - offset) * 1_000_000 + time
        guard (0..<endSecond * 1_000_000).contains(instant) else { return nil }
        return .instant(UInt64(instant))
    }

    /// Parses seconds since 1970 to microseconds.
    private static func unix(_ text: Substring) -> UInt64? {
        guard text.first?.isNumber == true,
            text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }),
            let seconds = Double(text), seconds < Double(endSecond)
        else { return nil }
        return UInt64((seconds * 1e6).rounded())
    }

    /// Parses `14:03:22`, `14:03` or `14:03:22.5` to microseconds since midnight.
    private static func timeOfDay(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0], 0..<24),
            let minute = number(parts[1], 0..<60)
        else { return nil }
        let minutes = (hour * 60 + minute) * 60_000_000
        guard parts.count == 3 else { return minutes }
        let halves = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        // A leap second counts as the last second of its minute.
        guard halves.count <= 2, let second = number(halves[0], 0..<61) else { return nil }
        var fraction = 0
        if halves.count == 2 {
            guard !halves[1].isEmpty, halves[1].utf8.allSatisfy(\.isDigit),
                let value = Double("0.\(halves[1])")
            else { return nil }
            fraction = min(Int((value * 1e6).rounded()), 999_999)
        }
        return minutes + min(second, 59) * 1_000_000 + fraction
    }

    /// Parses `2026-11-29`.
    private static func date(_ text: Substring) -> CivilTime? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.count) == [4, 2, 2],
            let year = number(parts[0], 1970..<endYear), let month = number(parts[1], 1..<13),
            let day = number(parts[2], 1..<32)
        else { return nil }
        let date = CivilTime(year: year, month: month, day: day, second: 0)
        // Reject days that the month does not have.
        return CivilTime(seconds: date.seconds) == date ? date : nil
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

extension CivilTime {
    /// The date a number of days later; the time of day stays.
    fileprivate func adding(days: Int) -> CivilTime {
        CivilTime(seconds: seconds + days * 86_400)
    }
}
