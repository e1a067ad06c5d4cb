/// The cgroups that a guardian thaws if the daemon has not, by inode.
///
/// Times are nanoseconds of CLOCK_BOOTTIME. One value type without a clock, so that every order can
/// be tested.
struct ThawDeadlines {
    /// How late the daemon may thaw before the guardian does.
    private static let grace: UInt64 = 50_000_000
    /// When a thaw that failed is tried again.
    private static let retry: UInt64 = 1_000_000_000

    private var deadlines: [UInt64: UInt64] = [:]
    /// Those of which a thaw failed, so that it is logged once.
    private var failing: Set<UInt64> = []

    /// The cgroup has to be thawed by then.
    mutating func set(_ inode: UInt64, by deadline: UInt64) {
        deadlines[inode] = deadline
        failing.remove(inode)
    }

    /// The cgroup is thawed.
    mutating func forget(_ inode: UInt64) {
        deadlines[inode] = nil
        failing.remove(inode)
    }

    /// The cgroups whose deadline has passed.
    func due(_ now: UInt64) -> Set<UInt64> {
        Set(deadlines.filter { $0.value + Self.grace <= now }.keys)
    }

    /// Takes what came of thawing some; returns whether that is news.
    ///
    /// What could not be thawed stays due, for nobody else would try again.
    mutating func conclude(_ inodes: Set<UInt64>, isDone: Bool, _ now: UInt64) -> Bool {
        guard !isDone else {
            for inode in inodes { forget(inode) }
            return true
        }
        for inode in inodes { deadlines[inode] = now + Self.retry }
        defer { failing.formUnion(inodes) }
        return !inodes.isSubset(of: failing)
    }

    /// How long the next deadline is away, in milliseconds; nil without one.
    ///
    /// A wait does not count time in suspend, which the deadline does, so it is short.
    func wait(_ now: UInt64) -> Int32? {
        deadlines.values.min().map { deadline in
            let end = deadline + Self.grace
            return min(Int32(clamping: (end - min(now, end)) / 1_000_000 + 1), 500)
        }
    }
}
