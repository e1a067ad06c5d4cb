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
    private var shown: [(died: UInt64, cgroup: DepartedCgroup)] = []
    private var previous: Snapshot?
    private var result: Snapshot?
    private var unknown = UInt64.max

    init(_ set: HierarchySet) { deaths = HostDeaths(set) }

    /// Returns a snapshot with the recently ended cgroups; the previous result if it is not newer.
    mutating func added(to snapshot: Snapshot) -> Snapshot {
        if let result, previous?.tick == snapshot.tick { return result }
        for stone in deaths.take(snapshot, waiting: false).tombstones {
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
