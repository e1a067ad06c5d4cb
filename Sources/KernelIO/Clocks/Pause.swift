internal import CgroupModel
internal import Glibc

/// Sleeps.
package enum Pause {
    /// Sleeps for the full duration, even if signals arrive (nanosleep(2)).
    package static func sleep(_ duration: Duration) {
        let length = duration.nanoseconds
        var time = timespec(
            tv_sec: Int(length / 1_000_000_000), tv_nsec: Int(length % 1_000_000_000))
        var rest = timespec()
        while unsafe nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
    }
}
