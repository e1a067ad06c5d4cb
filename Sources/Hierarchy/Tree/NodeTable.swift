internal import CgroupModel

/// The cgroups: the union of equal paths over all hierarchies, each with a row in a shard.
struct NodeTable {
    struct Node {
        var generation: UInt64
        let location: RowLocation
        var inodes: [UInt64]
        /// The inodes of directories that it lost in some hierarchies while it still exists in
        /// others.
        var lost: [Int: UInt64] = [:]
    }

    /// The effect of a new directory on the cgroup of its path.
    enum Arrival {
        /// The cgroup is new.
        case born
        /// The cgroup is known and now exists in one more hierarchy.
        case joined
        /// The directory was recreated, so a new cgroup replaces the known one.
        case replaced
    }

    /// A row whose content may have changed, with the path of its cgroup; nil for an empty row.
    struct Change {
        let location: RowLocation
        let path: CgroupPath?
    }

    /// The content of a row; nil for none.
    struct Assignment {
        let location: RowLocation
        let content: ShardRow?
    }

    private let hierarchies: [MountedHierarchy]
    private let identityOrder: [Int]
    private var nodes: [CgroupPath: Node] = [:]
    private var generations: UInt64 = 0
    private var freeRows: [Int]
    private var rowCounts: [Int]
    /// The number of rows in a shard before the next one is used.
    private let rowsPerShard: Int
    /// The maximum depth below the root of cgroups whose files are read; nil for all.
    private let readDepth: Int?
    /// The maximum number of shards, each of which is a thread.
    ///
    /// The last one takes all further rows, whose files may exceed its descriptor budget.
    private static let mostShards = 32
    private var listed: [CgroupEntry]?
    /// The controllers of a cgroup by the hierarchies that it exists in.
    private var controllers: [[Bool]: [Controller]] = [:]

    init(_ set: HierarchySet, rowsPerShard: Int, readDepth: Int? = nil) {
        hierarchies = set.hierarchies
        identityOrder = set.byIdentity
        self.rowsPerShard = max(1, rowsPerShard)
        self.readDepth = readDepth
        freeRows = []
        rowCounts = [0]
    }

    var count: Int { nodes.count }

    /// The number of shards that the rows need.
    var shardCount: Int { rowCounts.count }

    /// The rows of all cgroups at or below the given paths.
    mutating func rows(within paths: Set<CgroupPath>) -> Set<RowLocation> {
        let entries = entries()
        var result: Set<RowLocation> = []
        for path in paths {
            // Descendants directly follow their ancestor.
            var position = entries.partitioningIndex { $0.path >= path }
            while position < entries.count, entries[position].path.isWithin(path) {
                result.insert(entries[position].row)
                position += 1
            }
        }
        return result
    }

    /// The paths of the given rows.
    func paths(at rows: Set<RowLocation>) -> [RowLocation: CgroupPath] {
        var result: [RowLocation: CgroupPath] = [:]
        for (path, node) in nodes where rows.contains(node.location) {
            result[node.location] = path
        }
        return result
    }

    /// Records that a path exists in a hierarchy.
    mutating func enter(
        _ path: CgroupPath, hierarchy: Int, inode: UInt64, _ changes: inout [Change]
    ) -> Arrival {
        listed = nil
        guard let place = nodes.index(forKey: path) else {
            generations += 1
            var inodes = [UInt64](repeating: 0, count: hierarchies.count)
            inodes[hierarchy] = inode
            let location = newRow()
            nodes[path] = Node(generation: generations, location: location, inodes: inodes)
            changes.append(Change(location: location, path: path))
            return .born
        }
        var arrival = Arrival.joined
        if let lost = nodes.values[place].lost[hierarchy], lost != inode {
            generations += 1
            nodes.values[place].generation = generations
            nodes.values[place].lost = [:]
            arrival = .replaced
        }
        nodes.values[place].inodes[hierarchy] = inode
        changes.append(Change(location: nodes.values[place].location, path: path))
        return arrival
    }

    /// Records that a path is gone from a hierarchy; returns whether it is gone from all.
    mutating func leave(
        _ path: CgroupPath, hierarchy: Int, _ changes: inout [Change]
    ) -> Bool {
        guard let place = nodes.index(forKey: path) else { return false }
        listed = nil
        let location = nodes.values[place].location
        nodes.values[place].lost[hierarchy] = nodes.values[place].inodes[hierarchy]
        nodes.values[place].inodes[hierarchy] = 0
        guard nodes.values[place].inodes.allSatisfy({ $0 == 0 }) else {
            changes.append(Change(location: location, path: path))
            return false
        }
        nodes.remove(at: place)
        freeRows.append(location.block << 32 | location.row)
        changes.append(Change(location: location, path: nil))
        return true
    }

    /// Returns the last content of each changed row.
    ///
    /// A row can be in `changes` several times: once per hierarchy, and again for another cgroup.
    func assignments(_ changes: [Change]) -> [Assignment] {
        var seen: Set<RowLocation> = []
        var result: [Assignment] = []
        for change in changes.reversed() where seen.insert(change.location).inserted {
            result.append(
                Assignment(location: change.location, content: change.path.flatMap(content)))
        }
        return result.reversed()
    }

    private func content(_ path: CgroupPath) -> ShardRow? {
        guard readDepth.map({ path.depth <= $0 }) ?? true, let node = nodes[path] else {
            return nil
        }
        return ShardRow(path: path.relative, generation: node.generation, inodes: node.inodes)
    }

    private mutating func newRow() -> RowLocation {
        if let free = freeRows.popLast() {
            return RowLocation(block: free >> 32, row: free & 0xffff_ffff)
        }
        if rowCounts[rowCounts.count - 1] >= rowsPerShard, rowCounts.count < Self.mostShards {
            rowCounts.append(0)
        }
        let block = rowCounts.count - 1
        rowCounts[block] += 1
        return RowLocation(block: block, row: rowCounts[block] - 1)
    }

    /// The cgroups in path order, rebuilt only after a change.
    mutating func entries() -> [CgroupEntry] {
        if let listed { return listed }
        let sorted = nodes.sorted { $0.key < $1.key }
        var result: [CgroupEntry] = []
        result.reserveCapacity(sorted.count)
        // The positions of the last cgroup and its ancestors; descendants directly follow them.
        var line: [Int] = []
        for (path, node) in sorted {
            while let last = line.last, !path.isWithin(result[last].path) { line.removeLast() }
            let depth = path.depth
            let parent = line.last.flatMap { result[$0].path.depth == depth - 1 ? $0 : nil }
            line.append(result.count)
            result.append(entry(path, node, parent: parent))
        }
        listed = result
        return result
    }

    /// The cgroup at a path, without its parent's position; nil if it is gone.
    mutating func entry(of path: CgroupPath) -> CgroupEntry? {
        nodes[path].map { entry(path, $0, parent: nil) }
    }

    private mutating func entry(_ path: CgroupPath, _ node: Node, parent: Int?) -> CgroupEntry {
        let inode = identityOrder.first { node.inodes[$0] != 0 }.map { node.inodes[$0] } ?? 0
        return CgroupEntry(
            path: path, id: CgroupID(inode: inode, generation: node.generation), parent: parent,
            controllers: controllers(in: node.inodes.map { $0 != 0 }), row: node.location)
    }

    private mutating func controllers(in present: [Bool]) -> [Controller] {
        if let known = controllers[present] { return known }
        var found: Set<Controller> = []
        for (hierarchy, isPresent) in zip(hierarchies, present) where isPresent {
            found.formUnion(hierarchy.controllers)
        }
        let sorted = found.sorted()
        controllers[present] = sorted
        return sorted
    }

    /// The inode of a path in each hierarchy, 0 if it does not exist there; empty for an unknown
    /// path.
    func inodes(of path: CgroupPath) -> [UInt64] { nodes[path]?.inodes ?? [] }
}

extension [CgroupEntry] {
    /// The first index that meets the condition; all later indices must meet it, too.
    func partitioningIndex(where condition: (CgroupEntry) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
