import CgroupModel

/// The label bytes of the cgroups that have series.
///
/// Entries are keyed by identity: a path that returns with another inode gets new labels, and
/// entries of removed cgroups are dropped.
struct LabelCache {
    /// A cgroup that has series.
    struct Labeled {
        /// The position in the snapshot.
        let position: Int
        /// The location of its readings.
        let row: RowLocation
        /// The range of its labels in ``bytes``.
        let labels: Range<Int>
        /// The time when it was created or first seen, in microseconds since 1970.
        let startTime: UInt64
        /// The number of its descendants, including those without series.
        let descendants: Int
    }

    /// ``CgroupLabels/identity`` of all cgroups, concatenated.
    private(set) var bytes: [UInt8] = []
    /// The cgroups in path order.
    private(set) var cgroups: [Labeled] = []
    /// ``CgroupLabels/info`` of the cgroups, in the same order.
    private(set) var infos: [[UInt8]] = []
    /// The number of cgroups without series, by reason.
    private(set) var dropped: [DropReason: Int] = [:]

    private let identity: @Sendable (CgroupEntry) -> CgroupIdentity
    private let making: @Sendable (CgroupPath, CgroupIdentity) -> CgroupLabels
    private let birthTime: @Sendable (CgroupEntry) -> UInt64?
    private var choice: CgroupChoice
    private var listed: [CgroupEntry]?
    /// The cgroups whose identity can change while they exist.
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

    /// Follows the creations and removals in a new sample.
    mutating func update(_ snapshot: Snapshot) {
        // The sampler returns an identical list until a cgroup is created or removed.
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
            // A byte that is not UTF-8 is escaped, and another cgroup's name may contain that
            // escape literally. A duplicate series would make the exposition invalid.
            guard spelled.insert(known.labels.identity).inserted else {
                self.dropped[.labelClash, default: 0] += 1
                continue
            }
            let start = bytes.count
            bytes.append(contentsOf: known.labels.identity)
            cgroups.append(
                Labeled(
                    position: position, row: cgroup.row, labels: start..<bytes.count,
                    startTime: known.startTime, descendants: descendants[position]))
            infos.append(known.labels.info)
        }
        byID = living
    }

    /// Whether a runtime has since named or renamed a container.
    private func areNamesNew(_ listed: [CgroupEntry]) -> Bool {
        contained.contains { position, known in identity(listed[position]) != known }
    }

    private static func descendants(_ cgroups: [CgroupEntry]) -> [Int] {
        var counts = [Int](repeating: 0, count: cgroups.count)
        // A parent precedes its descendants.
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
