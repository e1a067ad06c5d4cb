internal import CgroupModel

/// The end of a cgroup, as it was noticed.
struct CgroupEnd: Sendable {
    /// The path.
    let path: CgroupPath
    /// The time of its creation in nanoseconds of CLOCK_BOOTTIME; nil if it existed before.
    let born: UInt64?
    /// The time at which the removal was noticed.
    let died: EventTime
    /// What it had used when its last process had ended; nil if it was removed before that could be
    /// read, and on v1.
    let final: LifeTotals?
    /// Whether another cgroup has had the path since.
    var isReplaced = false
}
