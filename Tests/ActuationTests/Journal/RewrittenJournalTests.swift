import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import TestSupport
import Testing

@testable import Actuation

/// A journal that was rewritten, or written by an earlier version, has the same content.
@Suite struct RewrittenJournalTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    /// What can be undone, in the order in which it lies on each other.
    private func content(_ state: JournalState) -> [JournalEntry] { state.entries + state.settled }

    /// Changes a value at random: by persons, the daemon, a guard and other programs.
    private func change(
        _ numbers: inout some RandomNumberGenerator, round: Int, isRefused: Bool = false
    ) throws {
        let value = ["max", "5", "6", "7", "8"].randomElement(using: &numbers) ?? "max"
        let writer = ProcessIdentity(pid: 4_194_305 + Int32(round), startTicks: 1)
        var journal = UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current, writer: writer)
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: return try overwrite(value)
        case 1: return _ = undo.undoOverdue()
        case 2:
            let entry = try machine.journal.entries().filter { $0.change > 0 }
                .randomElement(using: &numbers)
            if let entry {
                _ = try ChangeReverter(set: machine.set, journal: machine.journal).revert(
                    entry.change)
            }
            return
        case 3:
            let owners = ChangeOwners.allCases.randomElement(using: &numbers) ?? .daemon
            if round % 4 == 0 {
                _ = try Restorer(set: machine.set, journal: machine.journal).restore(
                    owners: owners)
            }
            return
        case 4: journal = journal.owned(by: JournalEntry.daemon)
        case 5: journal = journal.owned(by: JournalEntry.guarding)
        case 6: journal = journal.expiring(ExpiringChange(.zero, by: .dead))
        default: break
        }
        if isRefused {
            let files = FaultyFiles(failing: ["pids.max"], code: EINVAL)
            _ = LimitTransaction(
                try machine.plan(["pids.max=\(value)"], files: files),
                in: ActingContext(machine.set, files: files, journal: journal),
                cause: "refused in round \(round)"
            ).apply()
            return
        }
        let results = LimitTransaction(
            try machine.plan(["pids.max=\(value)"]),
            in: ActingContext(machine.set, journal: journal), cause: "round \(round)"
        ).apply()
        try #require(!results.contains { !$0.isSuccess })
    }

    @Test(arguments: UInt64(0)..<6, [false, true])
    func rewritingChangesNothing(_ seed: UInt64, hasRefusals: Bool) throws {
        var numbers = SeededNoise(seed: seed)
        for round in 0..<40 {
            try change(&numbers, round: round, isRefused: hasRefusals && round % 3 == 2)
            let state = try machine.journal.state()
            try #require(state.damagedLines.isEmpty)
            let short = JournalState(
                parsing: state.records(bootID: BootID.current) { _ in false },
                bootID: BootID.current)
            try #require(content(short) == content(state), "seed \(seed), round \(round)")
            #expect(short.neededCount == state.neededCount)
        }
    }

    /// It recorded the value below in the record of the change that expires.
    @Test func changeOfAnEarlierVersionReturnsToTheValueBelow() throws {
        try set("pids.max=70")
        try set("pids.max=7", for: .zero)
        let entry = try #require(try entry())
        let line = RecordLine(
            "intent",
            [
                "seq": "\(entry.sequence)", "boot": BootID.current, "time": "1",
                "hier": entry.hierarchy, "inode": "\(entry.inode)", "file": "pids.max",
                "owner": "", "original": "max", "wanted": "7", "cause": "set", "change": "2",
                "until": "1", "confirm": "0", "helper": ProcessIdentity.dead.helperText,
                "restores": "70",
            ], path: entry.path.bytes)
        try Data(line.bytes + entry.end("7").bytes).write(
            to: URL(filePath: "\(machine.root)/state/journal"))
        try rewrite()
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }
}
