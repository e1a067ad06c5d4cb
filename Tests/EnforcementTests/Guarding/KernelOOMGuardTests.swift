import Actuation
import CgroupModel
import Enforcement
import Foundation
import Glibc
import KernelIO
import Policy
import PolicyLanguage
import Testing
import TestSupport

/// Guards on the real kernel.
@Suite(.serialized, .enabled(if: !GuardScratch.Trees.present.isEmpty, "needs root and cgroups"))
struct KernelOOMGuardTests {
    typealias Trees = GuardScratch.Trees

    private static let mebibyte = GuardScratch.mebibyte

    @Test(arguments: Trees.present)
    func cgroupIsFrozenBelowItsLimitAndThawedWhenThereIsRoom(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(
            scratch.guarding([
                .raise(
                    step: 100 * Self.mebibyte, ceiling: 300 * Self.mebibyte, hostFreeAtLeast: 0)
            ]))
        let hog = try scratch.allocate(mebibytesPerSecond: 100, upTo: 220)
        try awaiting("a thaw; \(scratch.log.states), \(scratch.log.records)") {
            scratch.log.states.contains("frozen -> watching")
        }
        #expect(scratch.log.states.first == "watching -> freezing")
        #expect(scratch.log.told.contains { $0.sinks == ["pager"] && $0.level == .warning })
        try awaiting("it goes on") { scratch.usage > 220 * Self.mebibyte }
        #expect(scratch.killsAtLimit == 0)
        #expect(!scratch.isFrozen)
        #expect(scratch.runner.statuses.first?.limit == 300 * Self.mebibyte)
        hog.end()
        scratch.runner.stop()
        #expect(try scratch.journal.entries().isEmpty)
        if scratch.isLegacy {
            #expect(scratch.number("oom_kill_disable", of: "memory.oom_control") == 0)
            #expect(scratch.text("memory.limit_in_bytes") == "\(200 * Self.mebibyte)")
        } else {
            #expect(scratch.text("memory.high") == "max")
            #expect(scratch.text("memory.max") == "\(200 * Self.mebibyte)")
        }
    }

    /// `oom_group` and `limit`: what the kernel is to do at a limit, while it is guarded.
    @Test(arguments: Trees.present)
    func guardedCgroupHasTheGuardsLimitAndOOMGroup(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        let file = scratch.isLegacy ? "memory.limit_in_bytes" : "memory.max"
        let before = scratch.text(file)
        try scratch.arm(
            scratch.guarding {
                $0.killsAsOne = true
                $0.limit = 128 * Self.mebibyte
            })
        #expect(scratch.text(file) == "\(128 * Self.mebibyte)")
        if !scratch.isLegacy { #expect(scratch.text("memory.oom.group") == "1") }
        scratch.runner.stop()
        #expect(scratch.text(file) == before)
        if !scratch.isLegacy { #expect(scratch.text("memory.oom.group") == "0") }
    }

    /// The threshold is so near the limit that the task waits in the kernel before it is frozen.
    @Test(.enabled(if: !Trees.legacy.isEmpty, "needs v1 memory"), arguments: Trees.legacy)
    func fastAllocatorWaitsInTheKernelUntilThereIsRoom(_ trees: Trees) throws {
        // This is a race; on a busy host the guard wins some.
        for _ in 1...6 where try theAllocatorIsFaster(trees) { return }
        Issue.record("the guard was faster each time")
    }

    /// False if it was frozen before it reached the limit.
    private func theAllocatorIsFaster(_ trees: Trees) throws -> Bool {
        let scratch = try GuardScratch(trees)
        let opened = RaisedFlag()
        defer { opened.raise() }
        scratch.log.hooked {
            while !opened.isRaised { usleep(1000) }
            return .succeeded
        }
        try scratch.arm(
            scratch.guarding([
                .hook("none"),
                .raise(
                    step: 100 * Self.mebibyte, ceiling: 300 * Self.mebibyte, hostFreeAtLeast: 0),
            ]) {
                $0.freezeAt = 0.9999
                $0.resumeAt = 0.99
            })
        try scratch.allocate(mebibytesPerSecond: nil, upTo: 240)
        try awaiting("it is held or frozen; \(scratch.log.states)") {
            scratch.state == .held || scratch.state == .frozen
        }
        guard scratch.state == .held else { return false }
        #expect(scratch.number("under_oom", of: "memory.oom_control") == 1)
        usleep(300_000)
        #expect(scratch.killsAtLimit == 0)
        opened.raise()
        try awaiting("it goes on; \(scratch.log.states)") {
            scratch.usage > 235 * Self.mebibyte
        }
        #expect(scratch.killsAtLimit == 0)
        #expect(scratch.number("under_oom", of: "memory.oom_control") == 0)
        return true
    }

    @Test(arguments: Trees.present)
    func oomKillerActsOnceAtTheTimeout(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(scratch.guarding(longest: .seconds(1)))
        // The deadline counts from before the freeze, which takes its time on a slow machine.
        let begun = MonotonicClock.wallMicroseconds
        try scratch.allocate(mebibytesPerSecond: 100)
        try awaiting("a kill; \(scratch.log.states)") { scratch.killsAtLimit > 0 }
        let thawed = try awaiting("the thaw that follows") { scratch.log.time(of: "thaw") }
        #expect(Int64(thawed) - Int64(begun) > 1_000_000)
        let actions = scratch.log.actions
        let killer = try #require(
            actions.lastIndex(of: scratch.isLegacy ? "oom-killer-on" : "set"))
        let thaw = try #require(actions.firstIndex(of: "thaw"))
        #expect(killer < thaw || !scratch.isLegacy)
        usleep(500_000)
        #expect(scratch.killsAtLimit == 1)
        try awaiting("guarded again; \(scratch.log.states)") {
            scratch.log.states.last == "open -> watching"
        }
    }

    @Test(arguments: Trees.present)
    func cgroupCanBeKilledAtTheTimeout(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(scratch.guarding(longest: .seconds(1)) { $0.onTimeout = .kill })
        let hog = try scratch.allocate(mebibytesPerSecond: 100)
        try awaiting("it ends; \(scratch.log.states) \(scratch.log.records.suffix(3))") {
            scratch.state == .watching && scratch.log.actions.contains("kill")
        }
        _ = hog
        #expect(!scratch.isAskedToFreeze)
        #expect(scratch.killsAtLimit == 0)
    }

    @Test(arguments: Trees.present)
    func cgroupOnHoldIsNotGuarded(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(scratch.guarding())
        scratch.log.hold("an operator holds it")
        try scratch.allocate(mebibytesPerSecond: 100)
        try awaiting("it is left alone; \(scratch.log.states)") {
            scratch.state == .suspended
        }
        #expect(!scratch.isAskedToFreeze)
        #expect(scratch.log.told.contains { $0.text.contains("an operator holds it") })
        #expect(scratch.log.records.contains { $0.phase == .veto && $0.action == "freeze" })
        try awaiting("the kernel kills") { scratch.killsAtLimit == 1 }
    }

    @Test(arguments: Trees.present)
    func cgroupThawedByAUserIsNotFrozenAgain(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(
            scratch.guarding([
                .hook("none"),
                .raise(
                    step: 100 * Self.mebibyte, ceiling: 300 * Self.mebibyte, hostFreeAtLeast: 0),
            ]))
        let opened = RaisedFlag()
        scratch.log.hooked {
            while !opened.isRaised { usleep(1000) }
            return .succeeded
        }
        defer { opened.raise() }
        try scratch.allocate(mebibytesPerSecond: 100, upTo: 240)
        try awaiting("it is frozen; \(scratch.log.states)") { scratch.isFrozen }
        _ = try Freezer(ActingContext(scratch.scratch.set, journal: scratch.journal))
            .thaw(scratch.target.path)
        try awaiting("it goes on; \(scratch.log.states)") {
            scratch.usage > 235 * Self.mebibyte
        }
        #expect(scratch.log.actions.count { $0 == "freeze" } == 1)
        #expect(scratch.killsAtLimit == 0)
    }

    @Test(arguments: Trees.present)
    func cgroupWithAContendedLockIsThawed(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(
            scratch.guarding(
                [
                    .raise(
                        step: 100 * Self.mebibyte, ceiling: 300 * Self.mebibyte, hostFreeAtLeast: 0)
                ], longest: .seconds(3600)))
        let file = NSTemporaryDirectory() + UUID().uuidString
        defer {
            for suffix in ["", ".go"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        }
        let hog = try scratch.allocate(mebibytesPerSecond: 100, upTo: 240, locking: file)
        func locks() throws -> [Substring] {
            try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n")
        }
        try awaiting("it has the lock") {
            try FileManager.default.fileExists(atPath: file)
                && locks().contains { $0.contains("FLOCK") && $0.contains(" \(hog.pid) ") }
        }
        try scratch.scratch.make("outside")
        let waiter = try ScratchProcess(
            "exec flock \(file) true", in: "outside", of: scratch.scratch)
        defer { waiter.end() }
        try awaiting("another one waits for the lock") {
            try locks().contains { $0.contains("->") && $0.contains(" \(waiter.pid) ") }
        }
        try Data().write(to: URL(filePath: file + ".go"))
        try awaiting("it goes on; \(scratch.log.states)") {
            scratch.usage > 235 * Self.mebibyte
        }
        #expect(scratch.log.actions.contains("thaw"))
        #expect(scratch.log.told.contains { $0.text.contains("waits for a file lock") })
        #expect(scratch.killsAtLimit == 0)
    }

    /// As after a reload of the policy: the second guard finds what the first one found.
    @Test(arguments: Trees.present)
    func rearmedGuardRestoresTheFirstOriginal(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        for _ in 0..<3 { try scratch.arm(scratch.guarding()) }
        try awaiting("it is guarded") { scratch.state == .watching }
        #expect(scratch.runner.statuses.count == 1)
        if scratch.isLegacy {
            #expect(scratch.number("oom_kill_disable", of: "memory.oom_control") == 1)
        } else {
            #expect(scratch.text("memory.high") != "max")
        }
        scratch.runner.disarm(scratch.target)
        #expect(scratch.runner.statuses.allSatisfy { $0.target != scratch.target })
        if scratch.isLegacy {
            #expect(scratch.number("oom_kill_disable", of: "memory.oom_control") == 0)
        } else {
            #expect(scratch.text("memory.high") == "max")
        }
        #expect(try scratch.journal.entries().isEmpty)
    }

    @Test(arguments: Trees.present)
    func vanishedCgroupEndsItsGuard(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees)
        try scratch.arm(scratch.guarding())
        try awaiting("it is guarded") { scratch.state == .watching }
        try scratch.scratch.remove("guarded")
        try awaiting("it is forgotten") { scratch.runner.statuses.isEmpty }
    }

    @Test(arguments: Trees.present)
    func cgroupWithoutALimitIsNotGuarded(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees, limitMebibytes: nil)
        #expect(throws: (any Error).self) { try scratch.arm(scratch.guarding()) }
        #expect(try scratch.journal.entries().isEmpty)
        try scratch.arm(scratch.guarding { $0.limit = 100 * Self.mebibyte })
        #expect(try scratch.journal.entries().count >= 2)
        #expect(scratch.runner.stop())
        #expect(try scratch.journal.entries().isEmpty)
    }

    @Test(arguments: Trees.present)
    func limitSetByAnotherProgramStays(_ trees: Trees) throws {
        let scratch = try GuardScratch(trees, limitMebibytes: nil)
        try scratch.arm(scratch.guarding { $0.limit = 300 * Self.mebibyte })
        let file = scratch.isLegacy ? "memory.limit_in_bytes" : "memory.max"
        #expect(scratch.text(file) == "\(300 * Self.mebibyte)")
        try scratch.write(mebibytes: 250, to: file)
        try awaiting("the guard has seen it") {
            scratch.runner.statuses.first?.limit == 250 * Self.mebibyte
        }
        #expect(scratch.runner.stop())
        #expect(scratch.text(file) == "\(250 * Self.mebibyte)")
    }

    /// Whoever waits is told, for the guardian has to put back what this process does not.
    @Test func unfinishedFreezeIsNotConfirmed() throws {
        let files = StuckFiles()
        let trees = try #require(Trees.present.first)
        let scratch = try GuardScratch(trees, files: files)
        defer { files.letGo() }
        try scratch.arm(
            scratch.guarding([
                .raise(
                    step: 100 * Self.mebibyte, ceiling: 300 * Self.mebibyte, hostFreeAtLeast: 0)
            ]))
        try scratch.allocate(mebibytesPerSecond: 100, upTo: 240)
        try awaiting("the limit is being raised; \(scratch.log.states)") {
            files.isStuck
        }
        #expect(!scratch.runner.stop())
        #expect(!scratch.isAskedToFreeze)
        files.letGo()
        try awaiting("it is as it was found") { try scratch.journal.entries().isEmpty }
    }
}

/// Something that happened.
final class RaisedFlag: Sendable {
    private let event = DispatchSemaphore(value: 0)

    var isRaised: Bool {
        guard event.wait(timeout: .now()) == .success else { return false }
        event.signal()
        return true
    }

    func raise() { event.signal() }
}

/// The kernel's files, of which a limit's write blocks.
private final class StuckFiles: ControlFiles {
    private let entered = RaisedFlag()
    private let released = RaisedFlag()

    var isStuck: Bool { entered.isRaised }
    func letGo() { released.raise() }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try KernelControlFiles().text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        if ["memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"].contains(name) {
            entered.raise()
            while !released.isRaised { usleep(10_000) }
        }
        try KernelControlFiles().write(value, to: name, of: directory)
    }
}
