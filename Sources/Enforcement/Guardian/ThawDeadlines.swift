/// The cgroups that a guardian thaws if the daemon does not, by inode.
///
/// Times are in nanoseconds of CLOCK_BOOTTIME.
struct ThawDeadlines {
    /// The time after a deadline in which the daemon may still thaw the cgroup itself.
    private static let grace: UInt64 = 50_000_000
    /// The delay before a failed thaw is retried.
    private static let retry: UInt64 = 1_000_000_000

    private var deadlines: [UInt64: UInt64] = [:]
    /// Cgroups whose thaw failed, so that the failure is logged once.
    private var failing: Set<UInt64> = []

    /// Sets the deadline of a cgroup.
    mutating func set(_ inode: UInt64, by deadline: UInt64) {
        deadlines[inode] = deadline
        failing.remove(inode)
    }

    /// Removes the deadline of a cgroup.
    mutating func forget(_ inode: UInt64) {
        deadlines[inode] = nil
        failing.remove(inode)
    }

    /// Returns the cgroups whose deadline has passed.
    func due(_ now: UInt64) -> Set<UInt64> {
        Set(deadlines.filter { $0.value + Self.grace <= now }.keys)
    }

    /// Records the result of thawing cgroups; returns whether it should be logged.
    ///
    /// Failed thaws stay due, because nothing else would retry them.
    mutating func conclude(_ inodes: Set<UInt64>, isDone: Bool, _ now: UInt64) -> Bool {
        guard !isDone else {
            for inode in inodes { forget(inode) }
            return true
        }
        for inode in inodes { deadlines[inode] = now + Self.retry }
        defer { failing.formUnion(inodes) }
        return !inodes.isSubset(of: failing)
    }

    /// Returns the time until the next deadline, in milliseconds; nil without a deadline.
    ///
    /// Deadlines count time in suspend and waits do not, so a wait is at most 500 ms.
    func wait(_ now: UInt64) -> Int32? {
        deadlines.values.min().map { deadline in
            let end = deadline + Self.grace
            return min(Int32(clamping: (end - min(now, end)) / 1_000_000 + 1), 500)
        }
    }
}
