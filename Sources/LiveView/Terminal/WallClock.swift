import Glibc

/// The time of day, without Foundation.
enum WallClock {
    /// The current time in microseconds since 1970.
    static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    /// Formats a time as `14:03:22` in local time.
    static func text(_ microseconds: UInt64) -> String {
        let parts = unsafe local(microseconds)
        return unsafe padded([parts.tm_hour, parts.tm_min, parts.tm_sec], ":")
    }

    /// Formats a time as `11-29 14:03` in local time.
    static func dayText(_ microseconds: UInt64) -> String {
        let parts = unsafe local(microseconds)
        return unsafe padded([parts.tm_mon + 1, parts.tm_mday], "-") + " "
            + padded([parts.tm_hour, parts.tm_min], ":")
    }

    private static func local(_ microseconds: UInt64) -> tm {
        var seconds = time_t(microseconds / 1_000_000)
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        return unsafe parts
    }

    private static func padded(_ fields: [Int32], _ separator: String) -> String {
        fields.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
    }
}
