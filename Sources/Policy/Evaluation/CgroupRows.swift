import CgroupModel

/// Assigns each cgroup a row that stays the same for its lifetime.
struct CgroupRows: Sendable {
    struct Cgroup: Sendable {
        var id: CgroupID
        var path: CgroupPath
        /// When the engine first saw it, by the policy's clock.
        var firstSeen: UInt64
        /// Its position in the snapshot; nil if it is gone, or not in a snapshot yet.
        var position: Int?
        /// For a cgroup that is not in a snapshot yet: the tick of the last snapshot that was taken
        /// before it was created.
        var bornAfter: UInt64?

        var target: Effect.Target { Effect.Target(path: path, cgroup: id) }
    }

    /// By row.
    private(set) var cgroups = Table<Row, Cgroup>()
    /// By position in the snapshot.
    private(set) var rowAt: [Row] = []
    /// Whether a cgroup has no child in the snapshot, by position.
    private(set) var isLeaf: [Bool] = []
    private var rowOf: [CgroupID: Row] = [:]
    /// The rows of cgroups that are not in a snapshot yet.
    private(set) var newborn: Set<Row> = []
    private var free: [Row] = []

    var count: Int { cgroups.count }

    /// Returns the row of a live cgroup.
    func row(of id: CgroupID) -> Row? { rowOf[id] }

    func position(_ row: Row) -> Int? { cgroups[row].position }

    /// What changed between two snapshots, by row.
    struct Change {
        var gone: [Row] = []
        var added: [Row] = []
        /// Renamed cgroups (a rename on v1 keeps the inode).
        var moved: [Row] = []
    }

    /// Assigns rows to a snapshot's cgroups; returns nil if cgroups and paths are unchanged.
    ///
    /// The rows of removed cgroups are reused only after ``release(_:)``.
    mutating func update(with snapshot: Snapshot, at time: UInt64) -> Change? {
        if isSame(snapshot) { return nil }
        var change = Change()
        for row in cgroups.indices { cgroups[row].position = nil }
        rowAt.removeAll(keepingCapacity: true)
        for (position, entry) in snapshot.cgroups.enumerated() {
            if let row = rowOf[entry.id] {
                cgroups[row].bornAfter = nil
                if cgroups[row].path != entry.path {
                    cgroups[row].path = entry.path
                    change.moved.append(row)
                }
                cgroups[row].position = position
                rowAt.append(row)
                continue
            }
            let cgroup = Cgroup(
                id: entry.id, path: entry.path, firstSeen: time, position: position)
            let row = add(cgroup)
            rowAt.append(row)
            change.added.append(row)
        }
        for row in cgroups.indices where cgroups[row].position == nil {
            // This snapshot is older than the cgroup.
            if let tick = cgroups[row].bornAfter, snapshot.tick <= tick { continue }
            if rowOf[cgroups[row].id] == row { change.gone.append(row) }
        }
        newborn = newborn.filter { cgroups[$0].position == nil && !change.gone.contains($0) }
        isLeaf = Array(repeating: true, count: snapshot.cgroups.count)
        for entry in snapshot.cgroups { if let parent = entry.parent { isLeaf[parent] = false } }
        return change
    }

    private mutating func add(_ cgroup: Cgroup) -> Row {
        let row = free.popLast() ?? cgroups.endIndex
        if row == cgroups.endIndex { cgroups.append(cgroup) } else { cgroups[row] = cgroup }
        rowOf[cgroup.id] = row
        return row
    }

    /// Assigns a row to a new cgroup that no snapshot up to `tick` can contain.
    mutating func admit(_ entry: CgroupEntry, bornAfter tick: UInt64, at time: UInt64) -> Row {
        let row = add(
            Cgroup(id: entry.id, path: entry.path, firstSeen: time, bornAfter: tick))
        newborn.insert(row)
        return row
    }

    /// Frees the rows of removed cgroups for new ones.
    mutating func release(_ rows: [Row]) {
        for row in rows {
            rowOf[cgroups[row].id] = nil
            free.append(row)
        }
    }

    private func isSame(_ snapshot: Snapshot) -> Bool {
        guard newborn.isEmpty, snapshot.cgroups.count == rowAt.count else { return false }
        for position in rowAt.indices {
            let known = cgroups[rowAt[position]]
            guard known.id == snapshot.cgroups[position].id,
                known.path == snapshot.cgroups[position].path
            else { return false }
        }
        return true
    }
}
