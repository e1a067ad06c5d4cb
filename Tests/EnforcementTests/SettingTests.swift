import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

@Suite struct SettingTests {
    private let machine: FakeMachine
    private let target: Effect.Target

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
        target = try machine.target()
    }

    @Test func settingReportsBeforeAndAfterValues() throws {
        let result = machine.actions().once(.make(1, three, on: target))
        #expect(result.outcome == .done)
        #expect(
            result.changes.map(\.key.name).sorted() == ["cpu.max", "memory.max", "pids.max"])
        let pids = try #require(result.changes.first { $0.key.name == "pids.max" })
        #expect(pids.before == "max" && pids.wanted == "7" && pids.after == "7")
        #expect(pids.file == "pids.max")
        #expect(pids.found == .unlimited && pids.readBack == .number(7))
        #expect(try machine.journal.entries().map(\.cause) == ["r", "r", "r"])
    }

    /// The engine compares what a snapshot shows with what the kernel took; a disk's value was
    /// not told to it, so that drift of a clamped one went unnoticed.
    @Test func aDisksValueIsReadBackAsANumber() throws {
        let machine = try FakeMachine(["unified": "cgroup2"])
        try machine.cgroup("/a", in: "unified", ["io.max": "", "cgroup.controllers": "io"])
        let key = LimitKey("io.max.rbps", instance: "8:0")
        let setting = Effect.Kind.set([LimitAssignment(key, .number(1 << 20))])
        let result = machine.actions().once(.make(1, setting, on: try machine.target()))
        let change = try #require(result.changes.first)
        #expect(change.key == key && change.file == "io.max 8:0 rbps")
        #expect(change.found == .unlimited && change.readBack == .number(1 << 20))
    }

    @Test func dryRunReportsTheSameAndWritesNothing() throws {
        let files = ScriptedFiles { _, _ in }
        let rehearsed = machine.actions(files).once(.make(1, three, on: target, isDryRun: true))
        #expect(files.written.isEmpty)
        #expect(try machine.journal.entries().isEmpty)
        let done = machine.actions(files).once(.make(1, three, on: target))
        #expect(rehearsed == done && done.changes.count == 3)
    }

    @Test(arguments: [EACCES, EPERM, EINVAL, ERANGE, ENOSPC, EOPNOTSUPP, EROFS])
    func refusedFileRollsBackTheOthers(_ code: Int32) throws {
        let result = machine.actions(failing(["pids.max": code])).once(
            .make(1, three, on: target))
        #expect(result.outcome.word == "rolledBack")
        #expect(result.outcome.errno == Errno(code))
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
        #expect(try machine.journal.entries().isEmpty)
        #expect(result.changes.allSatisfy { $0.before == $0.after })
    }

    @Test func unwritableFilesLeaveNoJournalEntry() throws {
        let files = ScriptedFiles { file, _ throws(IOError) in
            throw IOError("write", file, code: EROFS)
        }
        let result = machine.actions(files).once(.make(1, three, on: target))
        #expect(result.outcome.word == "failed" && result.outcome.errno == .readOnly)
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func failedRollbackStaysAndIsRetried() throws {
        // Memory is written and cannot be written back; pids refuses.
        let isFixed = Flag()
        let written = Flag()
        let files = ScriptedFiles { file, _ throws(IOError) in
            if file == "pids.max" { throw IOError("write", file, code: EACCES) }
            guard file == "memory.limit_in_bytes" else { return }
            if written.value, !isFixed.value { throw IOError("write", file, code: EINVAL) }
            written.set()
        }
        let actions = machine.actions(files)
        let result = actions.once(.make(1, three, on: target))
        #expect(result.outcome.word == "halfway" && result.outcome.errno == .accessDenied)
        #expect(try machine.journal.entries().map(\.cell.file) == ["memory.limit_in_bytes"])
        let undo = Effect.make(2, .restore([LimitKey("memory.max")]), on: target)
        let again = actions.once(undo)
        #expect(again.outcome.word == "halfway" && again.outcome.errno == .invalid)
        isFixed.set()
        let last = actions.once(undo)
        #expect(last.outcome == .done)
        #expect(last.changes.map(\.after) == ["209715200"])
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func onlyTheGivenValuesAreRestored() throws {
        let actions = machine.actions()
        _ = actions.once(.make(1, three, on: target))
        let result = actions.once(.make(2, .restore([LimitKey("pids.max")]), on: target))
        #expect(result.outcome == .done && result.changes.map(\.after) == ["max"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "150000")
        // Done twice, the second time there is nothing to do.
        #expect(
            actions.once(.make(3, .restore([LimitKey("pids.max")]), on: target)).changes.isEmpty)
    }

    @Test func externallyChangedValueIsSetAgainButNotRestored() throws {
        let actions = machine.actions()
        let setting = Effect.make(1, .set([.of("pids.max", 7)]), on: target)
        #expect(actions.once(setting).outcome == .done)
        for _ in 0..<3 {
            try machine.cgroup("/a", in: "pids", ["pids.max": "99", "pids.current": "3"])
            let result = actions.once(setting)
            #expect(result.outcome == .done && result.changes.map(\.before) == ["99"])
        }
        try machine.cgroup("/a", in: "pids", ["pids.max": "98", "pids.current": "3"])
        let result = actions.once(.make(2, .restore([LimitKey("pids.max")]), on: target))
        #expect(result.outcome.word == "partial")
        #expect(try machine.text("pids/a/pids.max") == "98")
    }

    @Test func vanishedCgroupDoesNotAffectItsSibling() throws {
        try machine.usual("/b")
        let root = machine.root
        let files = ScriptedFiles { _, directory throws(IOError) in
            guard directory.path == CgroupPath("/a") else { return }
            for tree in ["memory", "cpu", "pids"] {
                try? FileManager.default.removeItem(atPath: "\(root)/cgroup/\(tree)/a")
            }
            throw IOError("write", "pids.max", code: ENODEV)
        }
        let actions = machine.actions(files)
        let effects = [
            Effect.make(1, .set([.of("pids.max", 7)]), on: target),
            Effect.make(2, .set([.of("pids.max", 7)]), on: try machine.target("/b")),
        ]
        #expect(effects.map { actions.once($0).outcome } == [.gone, .done])
        // The journal keeps no entry of the removed cgroup.
        #expect(try machine.journal.entries().map(\.path) == [CgroupPath("/b")])
        #expect(actions.once(.make(3, .thaw, on: target)).outcome == .gone)
    }

    @Test func recreatedCgroupIsNotTouched() throws {
        try move("/a")
        try machine.usual()
        let files = ScriptedFiles { _, _ in }
        let result = machine.actions(files).once(.make(1, three, on: target))
        #expect(result.outcome == .vetoed("the path now belongs to another cgroup"))
        #expect(files.written.isEmpty)
    }

    @Test func cgroupRecreatedAfterPlanningIsNotTouched() throws {
        let swapped = Flag()
        let files = ScriptedFiles { [machine] _, _ throws(IOError) in
            // The first write finds the new one in place.
            guard !swapped.value else { return }
            swapped.set()
            for tree in ["memory", "cpu", "pids"] {
                let place = "\(machine.root)/cgroup/\(tree)/a"
                try? FileManager.default.moveItem(atPath: place, toPath: "\(place)-old")
            }
            try? machine.usual()
        }
        let result = machine.actions(files).once(.make(1, three, on: target))
        #expect(!result.outcome.word.isEmpty && result.outcome != .done)
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
    }

    @Test func filesOfARecreatedCgroupAreNotWritten() throws {
        guard case .same(let held) = HeldTarget.find(target, in: machine.set) else {
            Issue.record("it is there")
            return
        }
        let before = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[0])
        try move("/a")
        try machine.usual()
        let after = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[0])
        #expect(held.admits(before) && !held.admits(after))
        let files = HeldFiles(files: KernelControlFiles(), targets: [held])
        #expect { try files.write("1", to: "pids.max", of: after) } throws: {
            ($0 as? IOError)?.isGone == true
        }
    }

    @Test func unknownLimitAndHoldAreRefused() throws {
        let actions = machine.actions()
        #expect(
            actions.once(.make(1, .set([.of("no.such", 1)]), on: target)).outcome.word == "failed")
        _ = try HoldList(directory: "\(machine.root)/state").hold(target.path, for: .seconds(60))
        let held = actions.once(.make(2, three, on: target))
        #expect(held.outcome == .vetoed("held by an operator (/a)"))
    }

    @Test func protectedCgroupIsRestrictedOnlyIfAllowed() throws {
        try machine.file(
            "proc/100/stat", "100 (sshd) S 1 100 100 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 100 1 1 1\n")
        try machine.file("proc/100/status", "Name:\tsshd\nUid:\t0\t0\t0\t0\n")
        try machine.file("proc/100/cmdline", "sshd: /usr/sbin/sshd [listener] 0 of 10")
        try machine.cgroup("/a", in: "pids", ["pids.max": "max", "cgroup.procs": "100"])
        let setting = Effect.make(1, .set([.of("pids.max", 7)]), on: target)
        let refused = machine.actions().once(setting)
        #expect(refused.outcome.word == "vetoed" && "\(refused.outcome)".contains("sshd"))
        var protection = Protection()
        protection.overridden = [CgroupPath("/a")]
        #expect(machine.actions(protection: protection).once(setting).outcome == .done)
        // A protected cgroup protects its ancestors.
        try machine.usual("/a/below/deep")
        protection.spared = [try #require(PathPattern("/a/*/deep"))]
        let spared = machine.actions(protection: protection).once(
            .make(2, .set([.of("pids.max", 6)]), on: target))
        #expect("\(spared.outcome)".contains("the policy protects /a/below/deep"))
    }

    @Test func processThatMovesInAfterPlanningIsDetected() throws {
        try machine.file(
            "proc/1/stat", "1 (init) S 0 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 1 1 1 1\n")
        let files = ReadingFiles { [machine] in
            try? machine.cgroup("/a", in: "memory", ["cgroup.procs": "1"])
        }
        let result = machine.actions(files).once(
            .make(1, .set([.of("pids.max", 7)]), on: target))
        #expect(result.outcome.word == "vetoed")
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    private func move(_ path: String) throws {
        for tree in ["memory", "cpu", "pids"] {
            let place = "\(machine.root)/cgroup/\(tree)\(path)"
            try FileManager.default.moveItem(atPath: place, toPath: "\(place)-old")
        }
    }
}

@Suite struct JoinedSettingTests {
    private let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(["cpuset": "cpuset"])
        try machine.cgroup("/p", in: "cpuset", ["cpuset.cpus": "0-1", "cpuset.mems": "0"])
        try machine.cgroup("/p/a", in: "cpuset", ["cpuset.cpus": "0", "cpuset.mems": "0"])
    }

    private func setting(_ id: Effect.ID, _ path: String, _ cpus: String) throws -> Effect {
        .make(
            id, .set([LimitAssignment(LimitKey("cpuset.cpus"), .text(cpus))]),
            on: try machine.target(path), chain: 9)
    }

    @Test func parentIsWidenedBeforeItsChild() throws {
        let files = ScriptedFiles { _, _ in }
        let effects = [try setting(1, "/p/a", "2-3"), try setting(2, "/p", "0-3")]
        let results = machine.actions(files).perform(effects, pause: { _ in })
        #expect(results.map(\.outcome) == [.done, .done])
        #expect(files.written == ["cpuset.cpus=0-3", "cpuset.cpus=2-3"])
        #expect(results.map { $0.changes.map(\.after) } == [["2-3"], ["0-3"]])
        // Alone the child could not have been planned.
        let alone = machine.actions(files).once(try setting(3, "/p/a", "5"))
        #expect(alone.outcome.word == "vetoed")
    }

    @Test func failedMemberLeavesTheOthersUnchanged() throws {
        let files = ScriptedFiles { _, _ in }
        let effects = [try setting(1, "/p", "0-3"), try setting(2, "/p/a", "7")]
        let results = machine.actions(files).perform(effects, pause: { _ in })
        #expect(results.map(\.outcome.word).sorted() == ["skipped", "vetoed"])
        #expect(files.written.isEmpty)
    }
}

/// Set once.
final class Flag: Sendable {
    private let counter = Counter()
    var value: Bool { counter.value > 0 }
    func set() { counter.increment() }
}

/// The kernel's files; whenever one is read, something else happens first.
struct ReadingFiles: ControlFiles {
    let intrude: @Sendable () -> Void

    init(_ intrude: @escaping @Sendable () -> Void) { self.intrude = intrude }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        intrude()
        return try KernelControlFiles().text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        try KernelControlFiles().write(value, to: name, of: directory)
    }
}
