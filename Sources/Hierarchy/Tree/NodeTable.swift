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

    /// A row whose content changed.
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
    /// The maximum depth below the root of files that are read; nil for all.
    private let readDepth: Int?
    /// The maximum number of shards, each of which is a thread.
    ///
    /// The last one takes all further rows, whose files may exceed its descriptor budget.
    private static let mostShards = 32
    private var listed: [CgroupEntry]?

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
        _ path: CgroupPath, hierarchy: Int, inode: UInt64, _ changes: inout [Assignment]
    ) -> Arrival {
        listed = nil
        var arrival = Arrival.joined
        var node: Node
        if let known = nodes[path] {
            node = known
            if node.lost[hierarchy].map({ $0 != inode }) ?? false {
                generations += 1
                node.generation = generations
                node.lost = [:]
                arrival = .replaced
            }
        } else {
            generations += 1
            node = Node(
                generation: generations, location: newRow(),
                inodes: [UInt64](repeating: 0, count: hierarchies.count))
            arrival = .born
        }
        node.inodes[hierarchy] = inode
        nodes[path] = node
        changes.append(assignment(path, node))
        return arrival
    }

    /// Records that a path is gone from a hierarchy; returns whether it is gone from all.
    mutating func leave(
        _ path: CgroupPath, hierarchy: Int, _ changes: inout [Assignment]
    ) -> Bool {
        guard var node = nodes[path] else { return false }
        listed = nil
        node.lost[hierarchy] = node.inodes[hierarchy]
        node.inodes[hierarchy] = 0
        if node.inodes.allSatisfy({ $0 == 0 }) {
            nodes[path] = nil
            freeRows.append(node.location.block << 32 | node.location.row)
            changes.append(Assignment(location: node.location, content: nil))
            return true
        }
        nodes[path] = node
        changes.append(assignment(path, node))
        return false
    }

    private func assignment(_ path: CgroupPath, _ node: Node) -> Assignment {
        if let readDepth, path.depth > readDepth {
            return Assignment(location: node.location, content: nil)
        }
        return Assignment(
            location: node.location,
            content: ShardRow(
                path: path.relative, generation: node.generation, inodes: node.inodes))
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
        var positions: [CgroupPath: Int] = [:]
        positions.reserveCapacity(sorted.count)
        var result: [CgroupEntry] = []
        result.reserveCapacity(sorted.count)
        for (position, (path, node)) in sorted.enumerated() {
            positions[path] = position
            result.append(entry(path, node, parent: path.parent.flatMap { positions[$0] }))
        }
        listed = result
        return result
    }

    /// The cgroup at a path, without its parent's position; nil if it is gone.
    func entry(of path: CgroupPath) -> CgroupEntry? {
        nodes[path].map { entry(path, $0, parent: nil) }
    }

    private func entry(_ path: CgroupPath, _ node: Node, parent: Int?) -> CgroupEntry {
        let inode = identityOrder.first { node.inodes[$0] != 0 }.map { node.inodes[$0] } ?? 0
        var controllers: Set<Controller> = []
        for (index, hierarchy) in hierarchies.enumerated() where node.inodes[index] != 0 {
            controllers.formUnion(hierarchy.controllers)
        }
        return CgroupEntry(
            path: path, id: CgroupID(inode: inode, generation: node.generation), parent: parent,
            controllers: controllers.sorted(), row: node.location)
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
