internal import CgroupModel

/// Assigns noticed ends to the cgroups that are gone.
struct EndMatch {
    /// The ends, by the generations of the cgroups.
    private(set) var ends: [UInt64: CgroupEnd] = [:]
    /// The ends that match none of the gone cgroups.
    private(set) var others: [CgroupEnd] = []

    /// Matches by path and inode; `gone` has the cgroups of the same path oldest first.
    init(_ noticed: [CgroupEnd], _ gone: [EventCgroup]) {
        var open: [CgroupPath: [CgroupID]] = [:]
        for cgroup in gone { open[cgroup.path, default: []] += [cgroup.id].compactMap(\.self) }
        var inodes: [CgroupPath: Set<UInt64>] = [:]
        for end in noticed where open[end.path] != nil {
            inodes[end.path, default: []].insert(end.inode)
        }
        for end in noticed {
            let possible = open[end.path] ?? []
            // On v1, the inode may be that of another hierarchy.
            let index =
                possible.firstIndex { $0.inode == end.inode }
                ?? possible.firstIndex { inodes[end.path]?.contains($0.inode) == false }
            guard let index else {
                others.append(end)
                continue
            }
            ends[possible[index].generation] = end
            open[end.path]?.remove(at: index)
        }
    }
}
