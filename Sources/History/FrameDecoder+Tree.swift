import CgroupModel

extension FrameDecoder {
    /// Decodes the cgroups, each with `width` values, and sets ``earlierRows``.
    mutating func tree(_ width: Int) throws(FrameError) -> [CgroupEntry] {
        let old = earlier?.cgroups ?? []
        let count = try input.count(upTo: limits.values)
        guard count <= limits.values / max(width, 1) else { throw input.error(.tooLarge) }
        // An unchanged tree, the usual case: every row continues an earlier one without changes.
        if earlier != nil, count == old.count, try input.skipZeros(exactly: 2 * count) {
            earlierRows = Array(0..<count)
            isSameTree = true
            return old
        }
        let newIndices = try continuations(of: old, count: count)
        var entries: [CgroupEntry] = []
        entries.reserveCapacity(count)
        var unchanged = count == old.count
        var pathBytes = 0
        for index in 0..<count {
            if let base = earlierRows[index], try input.count(upTo: 1) == 0 {
                unchanged = unchanged && base == index
                let parent = old[base].parent.flatMap { newIndices[$0] }
                entries.append(
                    CgroupEntry(
                        path: old[base].path, id: old[base].id, parent: parent,
                        controllers: old[base].controllers,
                        row: RowLocation(block: 0, row: index)))
            } else {
                unchanged = false
                let entry = try entry(at: index, of: count, above: entries.last)
                pathBytes += entry.path.bytes.count
                guard pathBytes <= limits.pathBytes else { throw input.error(.tooLarge) }
                entries.append(entry)
            }
        }
        // Lets all snapshots of an unchanged tree share its memory.
        if unchanged { return old }
        // A parent's path is a prefix of its child's, so no cgroup can be its own ancestor.
        for entry in entries {
            guard let parent = entry.parent else { continue }
            guard entries[parent].path.bytes.count < entry.path.bytes.count else {
                throw input.error(.malformed)
            }
        }
        return entries
    }

    private mutating func continuations(
        of old: [CgroupEntry], count: Int
    ) throws(FrameError) -> [Int?] {
        var newIndices = [Int?](repeating: nil, count: old.count)
        var next = 0
        for index in 0..<count {
            let token = try input.next()
            if token == 1 {
                earlierRows.append(nil)
                continue
            }
            let jump = token == 0 ? 0 : unzigzag(token - 1)
            let (base, overflow) = Int64(next).addingReportingOverflow(jump)
            // Each earlier row continues at most once, so a short frame cannot claim unlimited
            // cgroups.
            guard !overflow, base >= 0, base < Int64(old.count), newIndices[Int(base)] == nil
            else { throw input.error(.malformed) }
            newIndices[Int(base)] = index
            earlierRows.append(Int(base))
            next = Int(base) + 1
        }
        return newIndices
    }

    private mutating func entry(
        at index: Int, of count: Int, above: CgroupEntry?
    ) throws(FrameError) -> CgroupEntry {
        let inode = try input.next(from: above?.id.inode ?? 0)
        let generation = try input.next(from: above?.id.generation ?? 0)
        let parent = try parent(of: index, count)
        let bytesAbove = above?.path.bytes ?? []
        let common = try input.count(upTo: bytesAbove.count)
        let rest = try input.text()
        guard common + rest.count <= FrameCodec.Limits.path else { throw input.error(.malformed) }
        let path = CgroupPath(normalising: Array(bytesAbove[..<common] + rest))
        return CgroupEntry(
            path: path, id: CgroupID(inode: inode, generation: generation), parent: parent,
            controllers: try controllers(above: above), row: RowLocation(block: 0, row: index))
    }

    private mutating func parent(of index: Int, _ count: Int) throws(FrameError) -> Int? {
        let token = try input.next()
        guard token > 0 else { return nil }
        let (parent, overflow) = Int64(index).subtractingReportingOverflow(unzigzag(token - 1))
        guard !overflow, parent >= 0, parent < Int64(count) else { throw input.error(.malformed) }
        return Int(parent)
    }

    private mutating func controllers(above: CgroupEntry?) throws(FrameError) -> [Controller] {
        let token = try input.next()
        guard token > 0 else { return above?.controllers ?? [] }
        var controllers: [Controller] = []
        for _ in 1..<token {
            let number = try input.count(upTo: legend.controllers.count)
            guard number > 0 else { throw input.error(.malformed) }
            if let known = legend.controllers[number - 1] { controllers.append(known) }
        }
        return controllers
    }
}
