internal import CgroupModel

/// The cgroups as the union of the same path over all hierarchies, each with a row in a shard.
struct NodeTable {
    struct Node {
        var generation: UInt64
        let location: RowLocation
        var inodes: [UInt64]
        /// Directories that it lost in some hierarchies while it lived on in others.
        var lost: [Int: UInt64] = [:]
    }

    /// What a directory means for the cgroup of its path.
    enum Arrival {
        /// The cgroup is new.
        case born
        /// The cgroup is known and exists in one more hierarchy.
        case joined
        /// The directory was made anew, and so another cgroup takes the place of the known one.
        case replaced
    }

    /// A row that has to be told of a change.
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
    /// How many rows a shard takes before the next one is used.
    private let rowsPerShard: Int
    /// How many levels below the topmost cgroup files are read; nil for all.
    private let readDepth: Int?
    /// A shard is a thread; the last one takes what is left, without keeping all of it open.
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

    /// How many shards the rows need.
    var shardCount: Int { rowCounts.count }

    /// The rows of all cgroups at or below some paths.
    mutating func rows(within paths: Set<CgroupPath>) -> Set<RowLocation> {
        let entries = entries()
        var result: Set<RowLocation> = []
        for path in paths {
            // Descendants stand directly behind a cgroup.
            var position = entries.partitioningIndex { $0.path >= path }
            while position < entries.count, entries[position].path.isWithin(path) {
                result.insert(entries[position].row)
                position += 1
            }
        }
        return result
    }

    /// The paths of some rows.
    func paths(at rows: Set<RowLocation>) -> [RowLocation: CgroupPath] {
        var result: [RowLocation: CgroupPath] = [:]
        for (path, node) in nodes where rows.contains(node.location) {
            result[node.location] = path
        }
        return result
    }

    /// Notes that a path exists in a hierarchy.
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

    /// Notes that a path is gone from a hierarchy; returns whether the cgroup is gone from all.
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

    /// The cgroups in path order, made anew only when something changed.
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

    /// The cgroup of a path by itself, without its place among the others; nil if it is gone.
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

    /// The inode of a path in each hierarchy, 0 where it does not exist.
    func inodes(of path: CgroupPath) -> [UInt64] { nodes[path]?.inodes ?? [] }
}

extension [CgroupEntry] {
    /// The first position at which the condition holds, given that it holds for all later ones.
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
