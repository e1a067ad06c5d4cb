/// Entries by their cgroup, their change or their value.
extension JournalState {
    /// Returns all entries of cgroups with this inode that are not closed, settled ones included.
    func known(inode: UInt64) -> [JournalEntry] { (slotsIn[inode] ?? []).compactMap { slots[$0] } }

    /// Returns the unsettled entries of cgroups with these inodes, oldest first.
    package func entries(inodes: Set<UInt64>) -> [JournalEntry] {
        inodes.flatMap { slotsIn[$0] ?? [] }.sorted().compactMap { slots[$0] }
            .filter { !$0.isSettled }
    }

    /// The entries whose values are their originals, with changes below that can be undone.
    var settled: [JournalEntry] {
        slots.compactMap(\.self).filter { $0.isSettled && !$0.isSpent }
    }

    /// Whether another program has set a value since the last change by an owner other than this
    /// one, and none of the owners has.
    func isOthers(_ text: String, at place: JournalEntry.Place, for owner: String) -> Bool {
        let known = (slotsAt[place] ?? []).compactMap { slots[$0] }.filter { $0.owner != owner }
        return known.last.map { !$0.isOurs(text) } ?? false
            && !known.contains { $0.isWritten(text) }
    }

    /// Returns the last owner's change of the same value, if the one next above an entry returns to
    /// that entry's value; nil if there is none.
    func changeOver(_ entry: JournalEntry) -> JournalEntry? {
        let all = entries(inodes: [entry.inode]).filter { $0.place == entry.place }
        guard let last = all.last, last.owner != entry.owner,
            let place = all.firstIndex(where: { $0.sequence == entry.sequence }),
            !all[place + 1].foundOthers
        else { return nil }
        return last
    }

    /// Returns the entry that a change continues; nil if the change starts one.
    func entry(continuedBy next: JournalEntry) -> JournalEntry? {
        let known = (slotsAt[next.place] ?? []).compactMap { slots[$0] }
        guard let own = known.first(where: { $0.owner == next.owner }) else { return nil }
        return own.isContinued(by: next) ? own : nil
    }

    /// Returns the entry that a change was recorded in; nil if that was closed or has another
    /// change by now.
    func entry(of recorded: RecordedChange) -> JournalEntry? {
        guard let slot = slotOf[recorded.entry.sequence], let entry = slots[slot],
            // Another file may have the same number.
            entry.place == recorded.entry.place, entry.writer == recorded.entry.writer
        else { return nil }
        return entry
    }

    /// Returns the entries whose last change has this number, settled ones included.
    func entries(ofChange number: UInt64) -> [JournalEntry] {
        slots.compactMap(\.self).filter { $0.change == number }
    }

    /// The number of the change that a process is making; nil if it has recorded nothing yet.
    package func change(by writer: ProcessIdentity) -> UInt64? {
        slots.lazy.compactMap(\.self).last { $0.writer == writer && $0.change > 0 }?.change
    }
}
