import KernelIO

/// A date and a time of day, in the proleptic Gregorian calendar.
struct CivilTime: Hashable {
    var year: Int
    var month: Int
    var day: Int
    /// Seconds since midnight.
    var second: Int

    init(year: Int, month: Int, day: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.second = second
    }

    /// Converts an instant in microseconds since 1970 to local date and time.
    init(local microseconds: UInt64) {
        let seconds = Int(microseconds / 1_000_000)
        self.init(seconds: seconds + LocalTime.offset(at: seconds))
    }

    /// Converts seconds since 1970 to date and time in UTC.
    init(seconds: Int) {
        let days = Int((Double(seconds) / 86400).rounded(.down))
        second = seconds - days * 86400
        // Years start in March here, so that the leap day is the last day.
        let shifted = days + 719_468
        let era = Int((Double(shifted) / 146_097).rounded(.down))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The seconds since 1970 of this date and time, taken as UTC.
    var seconds: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Int((Double(shiftedYear) / 400).rounded(.down))
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86400 + second
    }

    /// The date in the form `2026-11-24`.
    var date: String { "\(year)-\(Self.padded(month))-\(Self.padded(day))" }

    /// The date and time in the form `2026-11-24 14:03:22`.
    var text: String { "\(date) \(time)" }

    private var time: String {
        [second / 3600, second / 60 % 60, second % 60].map(Self.padded).joined(separator: ":")
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
