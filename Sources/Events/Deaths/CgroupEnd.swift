internal import CgroupModel

/// The end of a cgroup, as it was noticed.
struct CgroupEnd: Sendable {
    /// The path.
    let path: CgroupPath
    /// The inode of its directory; 0 if the directory was gone before its inode was read.
    var inode: UInt64 = 0
    /// The time of its creation in nanoseconds of CLOCK_BOOTTIME; nil if it existed before the
    /// watch began.
    let born: UInt64?
    /// The time at which the removal was noticed.
    let died: EventTime
    /// The totals after its last process ended; nil on v1, and if it was removed before they were
    /// read.
    var final: LifeTotals?
    /// Whether a later cgroup has had the same path.
    var isReplaced = false
}

/// A cgroup whose birth was reported, and that ended before a sample contained it.
package struct UnsampledCgroup: Sendable {
    /// The cgroup, with its identity.
    let cgroup: EventCgroup
    /// The time of its birth, in nanoseconds of CLOCK_BOOTTIME; nil if it is unknown.
    let born: UInt64?
}
