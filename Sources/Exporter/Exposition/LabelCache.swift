import CgroupModel

/// The label bytes of the cgroups that have series.
///
/// Kept by identity, so a path that comes back with another inode gets labels of its own and
/// nothing of a vanished cgroup stays.
struct LabelCache {
    /// A cgroup that has series.
    struct Labelled {
        /// The position in the snapshot.
        let position: Int
        /// Where its numbers are.
        let row: RowLocation
        /// Where its labels are in ``bytes``.
        let labels: Range<Int>
        /// When it was made or seen first, in microseconds since 1970.
        let startTime: UInt64
        /// How many cgroups are below it, those without series included.
        let descendants: Int
    }

    /// ``CgroupLabels/identity`` of all, one after the other.
    private(set) var bytes: [UInt8] = []
    /// The cgroups in path order.
    private(set) var cgroups: [Labelled] = []
    /// ``CgroupLabels/info`` in the same order.
    private(set) var infos: [[UInt8]] = []
    /// How many cgroups have none, by reason.
    private(set) var dropped: [DropReason: Int] = [:]

    private let identity: @Sendable (CgroupEntry) -> CgroupIdentity
    private let making: @Sendable (CgroupPath, CgroupIdentity) -> CgroupLabels
    private let birthTime: @Sendable (CgroupEntry) -> UInt64?
    private var choice: CgroupChoice
    private var listed: [CgroupEntry]?
    /// The cgroups whose identity can change while they live.
    private var contained: [(position: Int, identity: CgroupIdentity)] = []
    private typealias Known = (labels: CgroupLabels, identity: CgroupIdentity, startTime: UInt64)
    private var byID: [CgroupID: Known] = [:]

    init(
        _ selection: ExportSelection,
        identity: @escaping @Sendable (CgroupEntry) -> CgroupIdentity,
        making: @escaping @Sendable (CgroupPath, CgroupIdentity) -> CgroupLabels,
        birthTime: @escaping @Sendable (CgroupEntry) -> UInt64?
    ) {
        self.identity = identity
        self.making = making
        self.birthTime = birthTime
        choice = CgroupChoice(selection)
    }

    /// Follows the births and deaths of a new sample.
    mutating func update(_ snapshot: Snapshot) {
        // The sampler gives the very same list until a cgroup comes or goes.
        if let listed, listed == snapshot.cgroups, !areNamesNew(listed) { return }
        listed = snapshot.cgroups
        let (positions, dropped) = choice.choose(from: snapshot.cgroups)
        self.dropped = dropped
        var living: [CgroupID: Known] = [:]
        living.reserveCapacity(positions.count)
        bytes.removeAll(keepingCapacity: true)
        cgroups.removeAll(keepingCapacity: true)
        infos.removeAll(keepingCapacity: true)
        contained.removeAll(keepingCapacity: true)
        let descendants = Self.descendants(snapshot.cgroups)
        var spelled: Set<[UInt8]> = []
        spelled.reserveCapacity(positions.count)
        for position in positions {
            let cgroup = snapshot.cgroups[position]
            let known = known(cgroup, snapshot.wallTime)
            living[cgroup.id] = known
            if known.identity.isContained { contained.append((position, known.identity)) }
            // A byte that is not UTF-8 is spelled out, and another cgroup may bear that very
            // spelling; the same series twice would be an invalid exposition.
            guard spelled.insert(known.labels.identity).inserted else {
                self.dropped[.labelClash, default: 0] += 1
                continue
            }
            let start = bytes.count
            bytes.append(contentsOf: known.labels.identity)
            cgroups.append(
                Labelled(
                    position: position, row: cgroup.row, labels: start..<bytes.count,
                    startTime: known.startTime, descendants: descendants[position]))
            infos.append(known.labels.info)
        }
        byID = living
    }

    /// Whether a runtime has named a container since, or given it another name.
    private func areNamesNew(_ listed: [CgroupEntry]) -> Bool {
        contained.contains { position, known in identity(listed[position]) != known }
    }

    private static func descendants(_ cgroups: [CgroupEntry]) -> [Int] {
        var counts = [Int](repeating: 0, count: cgroups.count)
        // A parent stands before its descendants.
        for position in cgroups.indices.reversed() {
            if let parent = cgroups[position].parent { counts[parent] += counts[position] + 1 }
        }
        return counts
    }

    private func known(_ cgroup: CgroupEntry, _ now: UInt64) -> Known {
        let old = byID[cgroup.id]
        let isSamePath = old?.labels.path == cgroup.path
        if let old, isSamePath, !old.identity.isContained { return old }
        let identity = identity(cgroup)
        if let old, isSamePath, old.identity == identity { return old }
        let startTime = old?.startTime ?? min(birthTime(cgroup) ?? now, now)
        return (making(cgroup.path, identity), identity, startTime)
    }
}
