import CgroupModel

/// The label bytes of the cgroups that live now.
///
/// Kept by identity, so a path that comes back with another inode gets labels of its own and
/// nothing of a vanished cgroup stays.
struct LabelCache {
    /// ``CgroupLabels/identity`` by position in the snapshot; empty for a cgroup that must be left
    /// out because another one has the same label.
    private(set) var identities: [[UInt8]] = []
    /// ``CgroupLabels/info`` by position, empty in the same places.
    private(set) var infos: [[UInt8]] = []
    /// How many cgroups are left out.
    private(set) var clashes = 0
    private var byID: [CgroupID: CgroupLabels] = [:]

    /// Follows the births and deaths of a new sample.
    mutating func update(
        _ cgroups: [CgroupEntry], making: (CgroupEntry) -> CgroupLabels
    ) {
        var living: [CgroupID: CgroupLabels] = [:]
        living.reserveCapacity(cgroups.count)
        identities.removeAll(keepingCapacity: true)
        infos.removeAll(keepingCapacity: true)
        for cgroup in cgroups {
            var labels = byID[cgroup.id]
            // v1 lets a cgroup be renamed; it stays the same cgroup.
            if labels?.path != cgroup.path { labels = nil }
            let current = labels ?? making(cgroup)
            living[cgroup.id] = current
            identities.append(current.identity)
            infos.append(current.info)
        }
        byID = living
        dropClashes()
    }

    /// Leaves out all but the first of the cgroups with the same label.
    ///
    /// A byte that is not UTF-8 is spelled out, and another cgroup may bear that very spelling;
    /// the same series twice would be an invalid exposition.
    private mutating func dropClashes() {
        clashes = 0
        var taken: Set<[UInt8]> = []
        taken.reserveCapacity(identities.count)
        for (position, identity) in identities.enumerated()
        where !taken.insert(identity).inserted {
            identities[position] = []
            infos[position] = []
            clashes += 1
        }
    }
}
