import CgroupModel

extension FrameEncoder {
    /// Writes which earlier row each row continues, then the entries that are new or changed.
    mutating func putTree() {
        let old = earlier?.cgroups ?? []
        out.put(UInt64(now.cgroups.count))
        let newIndices = putContinuations(of: old)
        for (index, entry) in now.cgroups.enumerated() {
            if let base = earlierRows[index] {
                let parent = old[base].parent.flatMap { newIndices[$0] }
                if entry.parent == parent, entry.path == old[base].path,
                    entry.controllers == old[base].controllers
                {
                    out.put(0)
                    continue
                }
                out.put(1)
            }
            putEntry(entry, at: index)
        }
    }

    /// Writes the earlier row of each row, and returns the new index of each earlier row.
    ///
    /// 0 is the row after the last one continued, 1 is a new cgroup, and other numbers are jumps.
    private mutating func putContinuations(of old: [CgroupEntry]) -> [Int?] {
        var newIndices = [Int?](repeating: nil, count: old.count)
        var positions: [CgroupID: Int]?
        var next = 0
        earlierRows.reserveCapacity(now.cgroups.count)
        for (index, entry) in now.cgroups.enumerated() {
            var base: Int?
            if next < old.count, old[next].id == entry.id {
                base = next
            } else if !old.isEmpty {
                let known = positions ?? Self.positions(old)
                positions = known
                base = known[entry.id]
            }
            guard let base, newIndices[base] == nil else {
                out.put(1)
                earlierRows.append(nil)
                continue
            }
            out.put(base == next ? 0 : 1 + zigzag(Int64(base - next)))
            newIndices[base] = index
            earlierRows.append(base)
            next = base + 1
        }
        return newIndices
    }

    private static func positions(_ entries: [CgroupEntry]) -> [CgroupID: Int] {
        Dictionary(entries.enumerated().map { ($1.id, $0) }) { first, _ in first }
    }

    /// Writes an entry: its inode, generation and path relative to the entry above, its parent
    /// relative to `index`, and its controllers.
    private mutating func putEntry(_ entry: CgroupEntry, at index: Int) {
        let above = index > 0 ? now.cgroups[index - 1] : nil
        out.put(entry.id.inode, from: above?.id.inode ?? 0)
        out.put(entry.id.generation, from: above?.id.generation ?? 0)
        out.put(entry.parent.map { 1 + zigzag(Int64(index - $0)) } ?? 0)
        let path = entry.path.bytes
        let common = above.map { commonPrefix(path, $0.path.bytes) } ?? 0
        out.put(UInt64(common))
        out.put(text: path[common...])
        if let above, above.controllers == entry.controllers {
            out.put(0)
        } else {
            out.put(UInt64(entry.controllers.count) + 1)
            for controller in entry.controllers {
                out.put(UInt64(Controller.allCases.firstIndex(of: controller) ?? 0) + 1)
            }
        }
    }

    private func commonPrefix(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let limit = min(left.count, right.count)
        return (0..<limit).first { left[$0] != right[$0] } ?? limit
    }
}
