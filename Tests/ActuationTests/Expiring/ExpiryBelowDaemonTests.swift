import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Changes that expire while the daemon has set the same value.
@Suite struct ExpiryBelowDaemonTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    private func endDaemon() throws {
        _ = try Restorer(set: machine.set, journal: machine.journal).restore(owners: .daemon)
    }

    @Test func overdueValueDoesNotReturnWhenTheDaemonEnds() throws {
        try set("pids.max=70", for: .zero)
        try set("pids.max=7", owner: JournalEntry.daemon)
        let report = undo.undo(for: .dead, within: .zero)
        #expect(!report.hasLeft && !report.isIncomplete && report.results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "7")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func overdueValueDoesNotReturnIfItsTimePassesWhileTheDaemonRestores() throws {
        try set("pids.max=70", for: .zero)
        try set("pids.max=7", owner: JournalEntry.daemon)
        let files = IntrudingFiles { _ = undo.undo(for: .dead, within: .zero) }
        let restorer = Restorer(set: machine.set, journal: machine.journal, files: files)
        #expect(try restorer.restore(owners: .daemon).count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func earlierValueReturnsWhenTheDaemonEndsAfterTheTimeOfALaterOne() throws {
        try set("pids.max=700")
        try set("pids.max=70", for: .zero)
        try set("pids.max=7", owner: JournalEntry.daemon)
        _ = undo.undoOverdue()
        #expect(try entry()?.expiry == nil)
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(
            JournalState(parsing: short, bootID: BootID.current).entries.map(\.original)
                == ["max", "700"])
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "700")
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func overdueValueThatTheDaemonReplacedDoesNotReturnWhenItEnds() throws {
        try set("pids.max=700")
        try set("pids.max=7", owner: JournalEntry.daemon)
        try set("pids.max=70", for: .zero)
        // The daemon sees the change and writes its own again.
        try set("pids.max=7", owner: JournalEntry.daemon)
        let report = undo.undo(for: .dead, within: .zero)
        #expect(report.results.map { "\($0.outcome)" } == ["overridden"])
        #expect(try machine.text("pids/a/pids.max") == "7")
        #expect(try machine.journal.entries().map(\.original) == ["max", "700"])
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "700")
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func overdueValueDoesNotReturnIfTheDaemonsIsTheEarlierOne() throws {
        try set("pids.max=700")
        try set("pids.max=70", for: .zero)
        try set("pids.max=700", owner: JournalEntry.daemon)
        let report = undo.undo(for: .dead, within: .zero)
        #expect(report.results.map { "\($0.outcome)" } == ["overridden"])
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "700")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
    }

    /// The daemon found another program's value, which is not the person's to replace.
    @Test(arguments: [false, true])
    func valueOfOthersBelowTheDaemonsSurvivesTheTimeOfThePersons(isRewritten: Bool) throws {
        try set("pids.max=70", for: .zero)
        try overwrite("9")
        try set("pids.max=7", owner: JournalEntry.daemon)
        if isRewritten { try rewrite() }
        let left = undo.undo(for: .dead, within: .zero).results
        #expect(left.allSatisfy { $0.isLeft })
        #expect(try machine.text("pids/a/pids.max") == "7")
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "9")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
    }

    @Test func valueOfOthersBetweenTheDaemonsAndAPersonsSurvivesTheDaemon() throws {
        try set("pids.max=7", owner: JournalEntry.daemon)
        try overwrite("9")
        try set("pids.max=70", for: .zero)
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "9")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// A later change of the person's has found another program's value, too.
    @Test func valueOfOthersBelowALaterChangeReachesTheDaemon() throws {
        try set("pids.max=700")
        try overwrite("9")
        try set("pids.max=70", for: .zero)
        try set("pids.max=7", owner: JournalEntry.daemon)
        #expect(undo.undoOverdue().results.map { "\($0.outcome)" } == ["overridden"])
        #expect(try machine.journal.entries().map(\.original) == ["max", "9"])
        let person = try #require(try machine.journal.entries().first)
        try machine.journal.close([person], reason: "kept")
        #expect(try machine.journal.entries().map(\.original) == ["9"])
    }

    /// It would then be a value without an owner.
    @Test func valueOfTheDaemonDoesNotReturnAfterItsEnd() throws {
        try set("pids.max=700")
        try set("pids.max=7", owner: JournalEntry.daemon)
        try set("pids.max=70", for: .zero)
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(
            JournalState(parsing: short, bootID: BootID.current).entries
                == (try machine.journal.entries()))
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "700")
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    /// Without a helper, the daemon's value gives way to the person's, which is then overdue.
    @Test func valueThatIsOverdueAtTheDaemonsEndIsUndoneByTheNextLook() throws {
        try set("pids.max=70", for: .zero)
        try set("pids.max=7", owner: JournalEntry.daemon)
        try endDaemon()
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }
}
