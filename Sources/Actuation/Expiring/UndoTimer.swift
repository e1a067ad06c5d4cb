internal import CgroupModel
internal import KernelIO

/// The helper process of an expiring change: it undoes the change at the deadline.
///
/// It finds its entries in the journal by its own identity, so that a second change of a value, a
/// confirmation, and a restore need not reach it.
package struct UndoTimer {
    /// The longest time between two looks at the journal, in milliseconds.
    private static let longestSleep: UInt64 = 2000
    /// The times between tries after a failure, in milliseconds.
    private static let retries: [UInt64] = [1000, 2000, 4000, 8000, 15_000, 30_000]
    /// The number of tries; afterwards the entries wait for the next command or the daemon.
    private static let mostTries = 30

    private let journal: UndoJournal
    private let own = ProcessIdentity.own

    /// Watches the entries that name this process as their helper.
    package init(journal: UndoJournal) { self.journal = journal }

    /// Prints "ready" on standard output, and returns once no entry is left to undo.
    ///
    /// `makeUndo` finds the hierarchies when they are needed. Returns whether everything was
    /// undone.
    package func run(_ makeUndo: () throws -> ExpiredChanges) -> Bool {
        Steadiness.ignoreGroupSignals()
        Steadiness.spareFromOutOfMemoryKills()
        try? StandardOutput.write(own.readyLine + "\n")
        var hasParent = true
        var tries = 0
        while tries < Self.mostTries {
            if let entries = pending {
                if entries.isEmpty, !hasParent { return true }
                let left = entries.compactMap { $0.expiry?.timeLeft().milliseconds }.min()
                guard left == 0 else {
                    tries = 0
                    sleep(left ?? Self.longestSleep, &hasParent)
                    continue
                }
                let report = (try? makeUndo())?.undo(for: own, within: .seconds(10))
                if let report, !report.isIncomplete {
                    if report.hasLeft { return false }
                    // They are still there if the journal cannot be written.
                    if pending?.isEmpty == true { continue }
                }
            }
            tries += 1
            sleep(Self.retries[min(tries, Self.retries.count) - 1], &hasParent)
        }
        return false
    }

    /// The entries to undo; nil if the journal cannot be read now.
    private var pending: [JournalEntry]? {
        try? journal.entries().filter { $0.expiry?.helper == own && $0.expiry?.isLeft == false }
    }

    /// Sleeps in short steps, because a sleep does not count the time in suspend.
    private func sleep(_ milliseconds: UInt64, _ hasParent: inout Bool) {
        let time = Int32(clamping: min(milliseconds + 1, Self.longestSleep))
        if hasParent {
            hasParent = !ParentPipe.hasEnded(within: time)
        } else {
            ParentPipe.pause(milliseconds: time)
        }
    }
}
