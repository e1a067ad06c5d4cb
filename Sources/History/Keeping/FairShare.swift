import CgroupModel

/// Bounds the number of cgroups in each kept sample, with a fair share for each part of the tree.
///
/// A tenant may create any number of cgroups below the one that was delegated to it. Without a
/// bound they would fill the history's size, and so shorten it for all.
struct FairShare: Sendable {
    /// The size of a history in bytes for each cgroup that a sample may have.
    private static let bytesPerCgroup: UInt64 = 512 << 10
    /// The number of cgroups that each part may always have.
    private static let least = 64

    /// The number of cgroups in a sample above which the largest parts lose some.
    let most: Int

    /// Creates the bound of a history of a size in bytes.
    init(historyBytes: UInt64) { most = Int(clamping: historyBytes / Self.bytesPerCgroup) }

    private struct Part {
        let path: CgroupPath
        var rows: Range<Int>
    }

    /// Leaves out the deepest and youngest cgroups of the parts that exceed their share.
    ///
    /// A cgroup is never kept without its ancestors.
    func thin(_ snapshot: Snapshot) -> (snapshot: Snapshot, omissions: [Omission]) {
        guard snapshot.cgroups.count > most else { return (snapshot, []) }
        let parts = Self.parts(of: snapshot.cgroups)
        let share = max(share(of: parts.map(\.rows.count)), Self.least)
        var omissions: [Omission] = []
        var isKept = [Bool](repeating: true, count: snapshot.cgroups.count)
        for part in parts where part.rows.count > share {
            omissions.append(Omission(path: part.path, count: part.rows.count - share))
            let order = part.rows.map { row in
                (row, snapshot.cgroups[row].path.depth, snapshot.cgroups[row].id.generation)
            }.sorted { ($0.1, $0.2, $0.0) < ($1.1, $1.2, $1.0) }
            for (row, _, _) in order[share...] { isKept[row] = false }
        }
        return (snapshot.keeping(isKept), omissions)
    }

    /// Divides rows into parts; each is consecutive, because descendants follow their ancestor.
    private static func parts(of cgroups: [CgroupEntry]) -> [Part] {
        var parts: [Part] = []
        for (row, entry) in cgroups.enumerated() {
            // A slice is a part of its own, and so is each unit in it.
            if let last = parts.last, last.path == entry.path.share {
                parts[parts.count - 1].rows = last.rows.lowerBound..<row + 1
            } else {
                parts.append(Part(path: entry.path.share, rows: row..<row + 1))
            }
        }
        return parts
    }

    /// The greatest share for which all parts together have at most ``most`` cgroups.
    private func share(of counts: [Int]) -> Int {
        var left = most
        var parts = counts.count
        for count in counts.sorted() {
            guard count * parts <= left else { break }
            left -= count
            parts -= 1
        }
        return parts > 0 ? left / parts : .max
    }
}

extension Snapshot {
    /// The same snapshot without some cgroups; none of these may have a kept descendant.
    fileprivate func keeping(_ isKept: [Bool]) -> Snapshot {
        var places = [Int](repeating: 0, count: cgroups.count)
        var entries: [CgroupEntry] = []
        for (row, entry) in cgroups.enumerated() where isKept[row] {
            places[row] = entries.count
            entries.append(
                CgroupEntry(
                    path: entry.path, id: entry.id, parent: entry.parent.map { places[$0] },
                    controllers: entry.controllers, row: entry.row))
        }
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: entries, blocks: blocks, host: host, health: health)
    }
}
