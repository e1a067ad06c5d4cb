internal import CgroupModel

/// The OOM kills that the kernel log has named, until their cgroups end.
struct RecentKills: Sendable {
    /// The maximum number of kills; the oldest ones are dropped.
    private static let most = 1000

    private var kills: [(cgroup: CgroupPath, time: EventTime)] = []

    /// Adds a kill.
    mutating func add(_ cgroup: CgroupPath, _ time: EventTime) {
        kills.append((cgroup, time))
        if kills.count > Self.most { kills.removeFirst(Self.most / 2) }
    }

    /// Returns the tombstone with at least the kills of its cgroup's life, and drops those kills.
    ///
    /// Without a known birth, all kills at its path count, because those of earlier cgroups there
    /// have been dropped with their tombstones.
    mutating func counted(in stone: Tombstone) -> Tombstone {
        guard !kills.isEmpty else { return stone }
        let own = kills.filter {
            $0.cgroup == stone.cgroup.path && $0.time.boot >= stone.born ?? 0
        }
        guard !own.isEmpty else { return stone }
        kills.removeAll { $0.cgroup == stone.cgroup.path && $0.time.boot <= stone.died.boot }
        var counted = stone
        counted.totals = stone.totals.withOOMKills(atLeast: UInt64(own.count))
        return counted
    }
}
