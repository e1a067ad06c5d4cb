internal import Glibc

/// The time zone of this process.
public enum LocalTime {
    /// The offset from UTC in seconds, positive to the east, at an instant in seconds since 1970
    /// (localtime_r(3)).
    public static func offset(at seconds: Int) -> Int {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
        return unsafe Int(parts.tm_gmtoff)
    }
}
