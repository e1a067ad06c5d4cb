import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// When the helper of a change and the daemon try to undo it.
@Suite struct UndoTimerTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    @Test func helperThatHangsIsReplacedAfterAWhile() {
        func isTask(_ deadline: UInt64) -> Bool {
            EntryExpiry(
                change: 1, deadline: deadline, awaitsConfirmation: false, helper: .own
            ).isTask(of: nil)
        }
        #expect(!isTask(EntryExpiry.now))
        #expect(isTask(EntryExpiry.now - 31_000_000))
    }

    @Test func failedTriesOfAnEntryComeLaterAndLater() {
        var times = RetryTimes()
        var now: UInt64 = 1
        var tries = 0
        // A day, in seconds.
        for _ in 0..<86_400 {
            if !times.waiting(at: now).contains(7) {
                times.note([7], at: now)
                tries += 1
            }
            now += 1_000_000_000
        }
        #expect((250..<320).contains(tries), "\(tries)")
        #expect(!times.waiting(at: now).contains(8), "another entry does not wait")
        now += 400_000_000_000
        times.note([], at: now)
        times.note([7], at: now)
        #expect(times.waiting(at: now + 1_100_000_000).isEmpty, "it begins again")
    }

    @Test func helperTriesForAnHourLaterAndLater() throws {
        try set("pids.max=7", for: .zero, by: .own)
        var waits: [Int32] = []
        var tries = 0
        let timer = UndoTimer(journal: machine.journal) { time, _ in waits.append(time) }
        let isDone = timer.watch {
            tries += 1
            throw IOError("find", "the cgroups", .inputOutput)
        }
        #expect(!isDone)
        #expect(tries == 65)
        #expect(waits.allSatisfy { $0 <= 2001 }, "a sleep must not outlast a suspend")
        let total = waits.reduce(0) { $0 + Int($1) }
        #expect((3_500_000..<3_700_000).contains(total), "\(total)")
        #expect(try machine.journal.entries().count == 1)
    }

    @Test func helperStopsTryingOnceTheChangeIsUndone() throws {
        try set("pids.max=7", for: .zero, by: .own)
        var tries = 0
        let timer = UndoTimer(journal: machine.journal) { _, hasParent in hasParent = false }
        let undo = undo
        #expect(
            timer.watch {
                tries += 1
                if tries < 3 { throw IOError("find", "the cgroups", .inputOutput) }
                return undo
            })
        #expect(try machine.text("pids/a/pids.max") == "max")
    }
}
