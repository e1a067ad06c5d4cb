internal import CgroupModel
internal import Glibc

/// Waiting.
public enum Pause {
    /// Sleeps for a time (nanosleep(2)), signals or not.
    public static func sleep(_ duration: Duration) {
        let length = duration.nanoseconds
        var time = timespec(
            tv_sec: Int(length / 1_000_000_000), tv_nsec: Int(length % 1_000_000_000))
        var rest = timespec()
        while unsafe nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
    }
}
