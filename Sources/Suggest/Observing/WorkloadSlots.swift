import CgroupModel

/// The slots of paths in a table; a new cgroup at the same path keeps the slot.
///
/// The slots of a snapshot's cgroups are looked up once for each change of the tree.
struct WorkloadSlots: Sendable {
    private let most: Int
    private var places: [CgroupPath: Int] = [:]
    private var free: [Int] = []
    private var count = 0
    private var cgroups: [CgroupEntry] = []
    /// The slot of each cgroup of the last snapshot; nil for one that did not fit.
    private(set) var slots: [Int?] = []
    /// Whether a path was left out because there was no room.
    private(set) var isOverfull = false

    init(most: Int) { self.most = most }

    /// Whether the table is full, so that slots should be released.
    var isFull: Bool { free.isEmpty && count >= most }

    /// Returns the slot of a path; nil if it was never seen.
    func slot(of path: CgroupPath) -> Int? { places[path] }

    /// Takes the cgroups of a snapshot; calls `added` with each new path and its slot.
    mutating func take(_ entries: [CgroupEntry], added: (CgroupPath, Int) -> Void) {
        guard !isUnchanged(entries) else { return }
        slots = entries.map { entry in
            if let slot = places[entry.path] { return slot }
            guard let slot = free.popLast() ?? (count < most ? count : nil) else {
                isOverfull = true
                return nil
            }
            count = max(count, slot + 1)
            places[entry.path] = slot
            added(entry.path, slot)
            return slot
        }
        cgroups = entries
    }

    /// Whether the paths are those of the last snapshot; a decoder shares unchanged lists.
    private func isUnchanged(_ entries: [CgroupEntry]) -> Bool {
        if entries == cgroups { return true }
        guard entries.count == cgroups.count else { return false }
        return entries.indices.allSatisfy { entries[$0].path.bytes == cgroups[$0].path.bytes }
    }

    /// Releases the slots of paths.
    mutating func release(_ paths: [CgroupPath]) {
        for path in paths {
            if let slot = places.removeValue(forKey: path) { free.append(slot) }
        }
        cgroups = []
    }
}
