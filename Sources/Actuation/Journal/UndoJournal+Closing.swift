internal import Hierarchy

/// The end of entries without a restore.
extension UndoJournal {
    /// Records a file's new value in its entries; does nothing if it was never changed.
    func settle(_ file: String, inode: UInt64, readBack: String) {
        let known = (try? self.file.look { $0.known(inode: inode) }) ?? []
        let changed = known.filter { $0.cell.file == file && $0.readBack != readBack }
        guard !changed.isEmpty else { return }
        try? append(changed.map { $0.end(readBack) })
    }

    /// Closes restored entries, and returns the numbers of those that stay: the time of a change
    /// below has passed since, so they have another original now.
    func closeRestored(_ entries: [JournalEntry]) throws(JournalError) -> Set<UInt64> {
        guard !entries.isEmpty else { return [] }
        let stay = try file.change { file, _ throws(JournalError) in
            let inodes = Set(entries.map(\.inode))
            let originals = Dictionary(
                file.state.entries(inodes: inodes).map { ($0.sequence, $0.original) },
                uniquingKeysWith: { $1 })
            let stay = entries.filter { $0.original != originals[$0.sequence] ?? $0.original }
            let done = entries.filter { !stay.contains($0) }
            try file.append(done.map { $0.closed("restored") }, durably: false)
            return Set(stay.map(\.sequence))
        }
        return stay ?? []
    }

    /// Closes the entries of a removed cgroup, which cannot be restored.
    func forget(_ directory: CgroupDirectory) {
        let known = (try? file.look { $0.known(inode: directory.inode) + $0.known(inode: 0) }) ?? []
        try? close(known.filter { $0.concerns(directory) }, reason: "removed")
    }

    /// Closes the entries of removed cgroups that `isMeant` selects.
    package func forget(inodes: Set<UInt64>, where isMeant: (JournalEntry) -> Bool) {
        let entries = (try? file.look { $0.entries(inodes: inodes) }) ?? []
        try? close(entries.filter(isMeant), reason: "gone")
    }
}
