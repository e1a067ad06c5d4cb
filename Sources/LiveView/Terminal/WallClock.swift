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
        var seconds = time_t(microseconds / 1_000_000)
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        let fields = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec]
        return fields.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
