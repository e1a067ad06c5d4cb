internal import Hierarchy
internal import KernelIO

/// Changes that expire.
extension UndoJournal {
    /// Keeps the changes that await a confirmation, or the one with a number, and returns their
    /// entries.
    ///
    /// A change whose deadline has passed cannot be kept anymore. A number also selects a change
    /// that expires without awaiting a confirmation, but no freeze: its helper thaws it anyway.
    package func confirm(_ number: UInt64? = nil) throws(JournalError) -> [JournalEntry] {
        let kept = try file.change { file, _ throws(JournalError) in
            // The helper reads its entries under the same lock, after the deadline.
            let now = EntryExpiry.now
            let kept = file.state.entries.filter { entry in
                guard let expiry = entry.expiry, !expiry.hasPassed(now) else { return false }
                guard let number else { return expiry.awaitsConfirmation }
                return number == expiry.change && (expiry.awaitsConfirmation || !entry.isFreeze)
            }
            if !kept.isEmpty { try file.append(kept.map(\.kept), durably: true) }
            return kept
        }
        return kept ?? []
    }

    /// Returns the entries whose deadlines have passed, of one helper or of those that ended,
    /// without those in `waiting`.
    ///
    /// It waits for the journal's lock, so that a confirmation before the deadline counts.
    func due(
        for helper: ProcessIdentity?, except waiting: Set<UInt64> = []
    ) throws(JournalError) -> [JournalEntry] {
        let isDue = { (entry: JournalEntry) in
            guard let expiry = entry.expiry, !waiting.contains(entry.sequence) else { return false }
            return expiry.hasPassed() && !expiry.isLeft && expiry.isTask(of: helper)
        }
        // Without a due entry, the lock is not taken: a process that hangs may hold it.
        let hasDue = try file.look { !$0.isFromEarlierBoot && $0.entries.contains(where: isDue) }
        guard hasDue else { return [] }
        return try file.change { file, _ in file.state.entries.filter(isDue) } ?? []
    }

    /// Ends a change whose time has passed, if the value of a later owner's is in force; returns
    /// whether it did, or would in a dry run.
    ///
    /// That owner's change gets the original, unless another program had set the value in between:
    /// then the change is not ended. Under the lock its value cannot be restored unseen: see
    /// ``closeRestored(_:)``.
    func pass(
        _ entry: JournalEntry, dryRun: Bool = false, isInForce: (JournalEntry) -> Bool
    ) throws(JournalError) -> Bool {
        if dryRun { return try file.look { $0.changeOver(entry) }.map(isInForce) ?? false }
        let isPassed = try file.change { file, _ throws(JournalError) in
            guard let last = file.state.changeOver(entry), isInForce(last) else { return false }
            try file.append([entry.passed], durably: false)
            return true
        }
        return isPassed ?? false
    }

    /// Returns this owner's entry of a value in force; nil if the owner did not set that value.
    func entry(setting cell: ControlCell, to value: String, in directory: CgroupDirectory)
        -> JournalEntry?
    {
        own(in: directory).first { $0.cell == cell && $0.isWritten(value) }
    }

    /// Records why entries could not be undone at their deadlines, at most twice for each: first
    /// why it is retried, then that it is left.
    func leave(_ entries: [(entry: JournalEntry, reason: String)]) throws(JournalError) {
        let news = entries.filter { entry, reason in
            entry.expiry?.obstacle == nil || EntryExpiry.isFinal(reason)
        }
        guard !news.isEmpty else { return }
        try append(news.map { $0.entry.left($0.reason) })
    }
}

extension EntryExpiry {
    /// The time after a deadline that a running helper has for itself, in microseconds.
    private static let patience: UInt64 = 30_000_000

    /// Whether a process must undo the entry: `helper`, or with nil a process that is no helper.
    ///
    /// Other processes undo only the changes of helpers that died or hang.
    func isTask(of helper: ProcessIdentity?) -> Bool {
        if let helper { return self.helper == helper }
        return !self.helper.isRunning || EntryExpiry.now >= deadline + Self.patience
    }
}
