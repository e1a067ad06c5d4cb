internal import CgroupModel
internal import KernelIO

/// The helper process of an expiring change: it undoes the change at the deadline.
///
/// It finds its entries in the journal by its own identity. A second change of a value, a
/// confirmation or a restore therefore need not notify it.
package struct UndoTimer {
    /// The longest time between two reads of the journal, in milliseconds.
    private static let longestSleep: UInt64 = 2000
    /// The times between the first tries after a failure, in milliseconds.
    private static let pauses: [UInt64] = [1000, 2000, 4000, 8000, 15_000, 30_000]
    /// The time between later tries, in milliseconds.
    private static let longestPause: UInt64 = 60_000
    /// The maximum number of tries (together one hour).
    ///
    /// Entries still left are undone by the next command or the daemon.
    private static let mostTries = 65

    private let journal: UndoJournal
    private let own = ProcessIdentity.own
    private let wait: (Int32, inout Bool) -> Void

    /// Watches the entries that name this process as their helper.
    package init(journal: UndoJournal) { self.init(journal: journal, wait: Self.sleep) }

    /// Creates a timer; `wait` sleeps for some milliseconds, and sets its second argument to false
    /// once the parent has ended.
    init(journal: UndoJournal, wait: @escaping (Int32, inout Bool) -> Void) {
        self.journal = journal
        self.wait = wait
    }

    /// Prints the ready line on standard output, and returns once no entry is left to undo.
    ///
    /// `makeUndo` finds the hierarchies when they are needed. Returns whether everything was
    /// undone.
    package func run(_ makeUndo: () throws -> ExpiredChanges) -> Bool {
        SurvivalMode.ignoreGroupSignals()
        SurvivalMode.spareFromOutOfMemoryKills()
        try? StandardOutput.write(own.readyLine + "\n")
        return watch(makeUndo)
    }

    /// Waits for the deadlines, and tries for an hour to undo what is due.
    func watch(_ makeUndo: () throws -> ExpiredChanges) -> Bool {
        var hasParent = true
        var tries = 0
        while tries < Self.mostTries {
            // An unreadable journal may have entries to undo.
            if let all = try? journal.entries() {
                let entries = all.filter(isPending)
                // If a write in progress is refused, the earlier change of the value expires again.
                let isChanging = all.contains { $0.processAtWork != nil }
                if entries.isEmpty, !hasParent, !isChanging { return true }
                let left = entries.compactMap { $0.expiry?.timeLeft().milliseconds }.min()
                guard left == 0 else {
                    tries = 0
                    step(left ?? Self.longestSleep, &hasParent)
                    continue
                }
                let report = (try? makeUndo())?.undo(for: own, within: .seconds(10))
                if let report, !report.isIncomplete {
                    if report.hasLeft { return false }
                    // The entries are still there if the journal cannot be written.
                    if (try? journal.entries().contains(where: isPending)) == false { continue }
                }
            }
            pause(tries < Self.pauses.count ? Self.pauses[tries] : Self.longestPause, &hasParent)
            tries += 1
        }
        return false
    }

    /// Whether this process is to undo an entry.
    private func isPending(_ entry: JournalEntry) -> Bool {
        entry.expiry?.helper == own && entry.expiry?.isLeft == false
    }

    /// Sleeps for the full time.
    private func pause(_ milliseconds: UInt64, _ hasParent: inout Bool) {
        var left = milliseconds
        while left > 0 { left -= step(left, &hasParent) }
    }

    /// Sleeps once, and returns the milliseconds.
    ///
    /// Sleeps are short, because they do not count time in suspend.
    @discardableResult
    private func step(_ milliseconds: UInt64, _ hasParent: inout Bool) -> UInt64 {
        let time = min(milliseconds, Self.longestSleep)
        wait(Int32(time) + 1, &hasParent)
        return time
    }

    private static func sleep(_ milliseconds: Int32, _ hasParent: inout Bool) {
        if hasParent {
            hasParent = !ParentPipe.hasEnded(within: milliseconds)
        } else {
            ParentPipe.pause(milliseconds: milliseconds)
        }
    }
}
