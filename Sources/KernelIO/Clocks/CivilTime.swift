internal import Glibc

/// A date and a time of day, converted by gmtime_r(3) and timegm(3).
package struct CivilTime: Hashable, Sendable {
    /// The year, in the proleptic Gregorian calendar.
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int
    /// Seconds since midnight.
    package var second: Int

    /// Creates a date and time unchecked: ``seconds`` carries an excess day into the next month.
    package init(year: Int, month: Int, day: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.second = second
    }

    /// Converts an instant in microseconds since 1970 to local date and time.
    package init(local microseconds: UInt64) {
        let seconds = Int(microseconds / 1_000_000)
        self.init(seconds: seconds + Self.offset(at: seconds))
    }

    /// Converts seconds since 1970 to date and time in UTC.
    package init(seconds: Int) {
        var time = time_t(seconds)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        unsafe self.init(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1,
            day: Int(parts.tm_mday),
            second: Int((parts.tm_hour * 60 + parts.tm_min) * 60 + parts.tm_sec))
    }

    /// The seconds since 1970 of this date and time, taken as UTC.
    package var seconds: Int {
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(year - 1900)
        unsafe parts.tm_mon = Int32(month - 1)
        unsafe parts.tm_mday = Int32(day)
        unsafe parts.tm_sec = Int32(second)
        return unsafe timegm(&parts)
    }

    /// The offset of local time from UTC in seconds, positive to the east, at an instant in seconds
    /// since 1970; 0 if localtime_r(3) fails.
    package static func offset(at seconds: Int) -> Int {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
        return unsafe Int(parts.tm_gmtoff)
    }

    /// Formats an instant in microseconds since 1970 as RFC 3339 in UTC, with milliseconds.
    package static func rfc3339(_ microseconds: UInt64) -> String {
        let time = CivilTime(seconds: Int(microseconds / 1_000_000))
        let fraction = String(1000 + microseconds / 1000 % 1000).dropFirst()
        return "\(time.text.replacing(" ", with: "T")).\(fraction)Z"
    }

    /// The date in the form `2026-11-24`.
    package var date: String { "\(year)-\(Self.padded(month))-\(Self.padded(day))" }

    /// The date and time in the form `2026-11-24 14:03:22`.
    package var text: String {
        let clock = [second / 3600, second / 60 % 60, second % 60]
        return "\(date) \(clock.map(Self.padded).joined(separator: ":"))"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
