import CgroupModel
import Events
import Hierarchy
import Reports

/// The cgroups that ended recently, for the live view.
struct RecentDead {
    /// How long they are shown, in microseconds.
    private static let patience: UInt64 = 30_000_000
    /// The maximum number of cgroups to show.
    private static let most = 200

    private var deaths: HostDeaths
    private let scope: SampleScope
    private var shown: [(died: UInt64, cgroup: DepartedCgroup)] = []
    private var previous: Snapshot?
    private var result: Snapshot?
    private var unknown = UInt64.max

    /// Watches for the ends of cgroups on the whole host; shows the cgroups of a scope.
    init(_ set: HierarchySet, in scope: SampleScope) {
        deaths = HostDeaths(set)
        self.scope = scope
    }

    /// Returns a snapshot with the recently ended cgroups; the previous result if it is not newer.
    mutating func added(to snapshot: Snapshot) -> Snapshot {
        if let result, previous?.tick == snapshot.tick { return result }
        // The kernel's notices are about the whole host.
        for stone in deaths.take(snapshot, waiting: false).tombstones
        where scope.contains(stone.cgroup.path) {
            unknown -= 1
            shown.append(
                (
                    stone.died.wall,
                    DepartedCgroup(
                        stone, previous, CgroupID(inode: 0, generation: unknown), snapshot.schema)
                ))
        }
        shown.removeAll { $0.died + Self.patience < snapshot.wallTime }
        if shown.count > Self.most { shown.removeFirst(shown.count - Self.most) }
        // Of several cgroups at one path, show the last one, unless the path exists again.
        var last: [CgroupPath: DepartedCgroup] = [:]
        for one in shown { last[one.cgroup.path] = one.cgroup }
        for entry in snapshot.cgroups { last[entry.path] = nil }
        let merged = snapshot.adding(Array(last.values))
        previous = snapshot
        result = merged
        return merged
    }
}
