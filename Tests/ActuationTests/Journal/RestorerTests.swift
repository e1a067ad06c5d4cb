import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import Testing

@Suite struct RestorerTests {
    private let machine: FakeMachine
    private let files = FaultingControlFiles()
    private let waits = PauseLog()

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    private func set(_ wishes: String...) throws {
        let results = LimitTransaction(
            try machine.plan(wishes), in: ActingContext(machine.set, journal: machine.journal),
            cause: "test"
        ).apply()
        try #require(!results.contains { !$0.isSuccess })
    }

    private func restore(
        _ path: String? = nil, force: Bool = false, dryRun: Bool = false
    ) throws -> [String] {
        let restorer = Restorer(
            set: machine.set, journal: machine.journal, files: files, pause: waits.pause)
        return try restorer.restore(path.map { CgroupPath($0) }, force: force, dryRun: dryRun)
            .map { "\($0.entry.cell.file) \("\($0.outcome)".prefix { $0 != "(" })" }.sorted()
    }

    private func overwrite(_ file: String, _ text: String) throws {
        try Data("\(text)\n".utf8).write(to: URL(filePath: "\(machine.root)/cgroup/\(file)"))
    }

    @Test func secondRestoreWritesNothing() throws {
        try set("pids.max=7", "memory.max=100MiB", "memory.memsw.max=120MiB", "cpu.max=1.5cpus")
        #expect(try restore(dryRun: true).count == 4)
        #expect(files.written.isEmpty)
        #expect(try restore().allSatisfy { $0.hasSuffix("restored") })
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        // Raised again: memory and swap before memory.
        #expect(
            files.written.filter { $0.hasPrefix("memory") } == [
                "memory.memsw.limit_in_bytes=209715200", "memory.limit_in_bytes=209715200",
            ])
        let before = files.written.count
        #expect(try restore().isEmpty)
        #expect(files.written.count == before)
        #expect(!FileManager.default.fileExists(atPath: "\(machine.root)/state/journal"))
    }

    @Test func valueSetByAnotherProgramIsLeftAloneUnlessForced() throws {
        try set("pids.max=7", "cpu.max=1.5cpus")
        try overwrite("pids/a/pids.max", "9")
        #expect(try restore() == ["cpu.cfs_quota_us restored", "pids.max foreign"])
        #expect(try machine.text("pids/a/pids.max") == "9")
        #expect(try restore() == ["pids.max foreign"])
        #expect(try restore(force: true) == ["pids.max restored"])
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func valueThatIsAlreadyTheOriginalIsNotWritten() throws {
        try set("pids.max=7")
        try overwrite("pids/a/pids.max", "max")
        #expect(try restore() == ["pids.max already"])
        #expect(files.written.isEmpty)
    }

    @Test func entryOfARemovedOrRecreatedCgroupIsDropped() throws {
        try set("pids.max=7", "cpu.max=1.5cpus")
        let place = "\(machine.root)/cgroup"
        // Out of the hierarchy, so that its inode is not used again.
        try FileManager.default.moveItem(
            atPath: "\(place)/pids/a", toPath: "\(machine.root)/removed")
        try FileManager.default.removeItem(atPath: "\(place)/cpu/a")
        try machine.cgroup("/a", in: "pids", ["pids.max": "7"])
        #expect(try restore() == ["cpu.cfs_quota_us gone", "pids.max gone"])
        #expect(files.written.isEmpty)
        #expect(try restore().isEmpty)
    }

    @Test func busyFileIsRetriedThreeTimesAndStays() throws {
        try set("memory.max=100MiB")
        files.fail("memory.limit_in_bytes", EBUSY, times: 3)
        #expect(try restore() == ["memory.limit_in_bytes failed"])
        #expect(waits.durations == [.seconds(1), .seconds(1)])
        #expect(try machine.journal.entries().count == 1)
        #expect(try restore() == ["memory.limit_in_bytes restored"])
    }

    @Test func refusedWriteIsRetriedAfterTheOthers() throws {
        try set("memory.max=100MiB", "pids.max=7")
        files.fail("memory.limit_in_bytes", EINVAL, times: 1)
        #expect(try restore() == ["memory.limit_in_bytes restored", "pids.max restored"])
    }

    /// An idle cgroup shows 3 or 1 for its weight, whatever it was.
    @Test(arguments: [true, false])
    func weightHiddenByIdleIsNotAnExternalChange(_ isOurs: Bool) throws {
        try set("cpu.idle=1")
        try overwrite("cpu/a/cpu.shares", "3")
        if !isOurs { try overwrite("cpu/a/cpu.idle", "0") }
        #expect(
            try restore(dryRun: true)
                == (isOurs
                    ? ["cpu.idle restored", "cpu.shares restored"]
                    : ["cpu.idle already", "cpu.shares foreign"]))
        #expect(files.written.isEmpty)
    }

    /// v2 accepts a limit below usage and kills, so it is not restored there.
    @Test func memoryLimitThatWouldKillIsNotRestored() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["memory.max": "1000000", "memory.current": "0"])
        let results = LimitTransaction(
            try machine.plan(["memory.max=max"]),
            in: ActingContext(machine.set, journal: machine.journal)
        ).apply()
        #expect(results[0].isSuccess)
        try machine.cgroup("/a", ["memory.max": "max", "memory.current": "5000000"])
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        guard case .failed(let error) = try restorer.restore()[0].outcome else {
            Issue.record("it was put back")
            return
        }
        #expect(error.code == .busy && error.message.contains("cgwarden reclaim /a"))
        #expect(try machine.text("a/memory.max") == "max")
        #expect(try restorer.restore(force: true).count == 1)
        #expect(try machine.text("a/memory.max") == "1000000")
    }

    @Test func populatedCpusetIsNotEmptied() throws {
        try machine.cgroup("", in: "cpuset", ["cpuset.cpus": "0-3", "cpuset.mems": "0"])
        try machine.cgroup("/a", in: "cpuset", ["cpuset.cpus": "", "cpuset.mems": "0"])
        try set("cpuset.cpus=1")
        files.fail("cpuset.cpus", ENOSPC, times: 1)
        #expect(try restore() == ["cpuset.cpus residue"])
        #expect(try machine.text("cpuset/a/cpuset.cpus") == "0-3")
        #expect(try restore().isEmpty)
    }

    /// With one CPU of four offline: it must not be missing for ever.
    @Test(arguments: [("cpuset.cpus", "cpu", "0-3"), ("cpuset.mems", "node", "0-1")])
    func populatedV2CpusetGetsAllPossibleCPUs(
        _ file: String, _ kind: String, _ possible: String
    ) throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("", ["\(file).effective": "0"])
        try machine.cgroup("/a", [file: "", "\(file).effective": "0"])
        for (name, text) in [("possible", possible), ("online", "0")] {
            let url = URL(filePath: "\(machine.root)/sys/devices/system/\(kind)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("\(text)\n".utf8).write(to: url)
        }
        let results = LimitTransaction(
            try machine.plan(["\(file)=0"]),
            in: ActingContext(machine.set, journal: machine.journal), cause: "test"
        ).apply()
        #expect(results.map(\.isSuccess) == [true])
        files.fail(file, ENOSPC, times: 1)
        let set = try HierarchySet.discover(.captured(in: machine.root, withSys: true))
        let restored = try Restorer(set: set, journal: machine.journal, files: files).restore()
        #expect(restored.count == 1)
        #expect(try machine.text("a/\(file)") == possible)
        // Empty was tried first.
        #expect(files.written == ["\(file)=\(possible)"])
    }

    @Test func damagedJournalRestoresNothingUnlessForced() throws {
        try set("pids.max=7", "cpu.max=1.5cpus")
        let file = URL(filePath: "\(machine.root)/state/journal")
        var bytes = try Data(contentsOf: file)
        bytes[20] ^= 1
        try bytes.write(to: file)
        #expect(throws: ActuationError.self) { try restore() }
        #expect(files.written.isEmpty)
        #expect(try restore(force: true).count == 1)
    }

    /// It may run in a container, or with a different mount table than at the change.
    @Test func entryOfAnUnmountedHierarchyStaysAndIsReported() throws {
        try set("pids.max=7", "cpu.max=1.5cpus")
        let here = try FakeMachine(["cpu": "cpu"])
        let restorer = Restorer(set: here.set, journal: machine.journal)
        let results = try restorer.restore(where: { $0.hierarchy == "pids" })
        guard results.count == 1, case .failed(let error) = results[0].outcome else {
            Issue.record("\(results)")
            return
        }
        #expect(results[0].isLeft && error.code == .unavailable)
        #expect(error.message.contains("hierarchy pids is not mounted here"))
        #expect(try machine.journal.entries().count == 2)
        #expect(try restore().count == 2)
    }

    @Test func onlySelectedOwnersAreRestored() throws {
        try set("pids.max=70", owner: "")
        try set("cpu.max=1.5cpus", owner: "daemon")
        try set("memory.max=100MiB", owner: "guard")
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        #expect(try restorer.restore(owners: .daemon).count == 2)
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try restorer.restore(owners: .person).count == 1)
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func onlyTheNamedCgroupIsRestored() throws {
        try machine.cgroup("/b", in: "pids", ["pids.max": "max", "pids.current": "0"])
        try set("pids.max=7")
        let other = LimitTransaction(
            try machine.plan(["pids.max=8"], on: "/b"),
            in: ActingContext(machine.set, journal: machine.journal))
        #expect(other.apply()[0].isSuccess)
        #expect(try restore("/b") == ["pids.max restored"])
        #expect(try machine.text("pids/a/pids.max") == "7")
    }

    // MARK: Several owners

    private func set(_ wish: String, owner: String) throws {
        let results = LimitTransaction(
            try machine.plan([wish]),
            in: ActingContext(
                machine.set,
                journal: UndoJournal(directory: machine.journal.directory, owner: owner)),
            cause: "test"
        ).apply()
        try #require(!results.contains { !$0.isSuccess })
    }

    private func restoreOwn(_ owner: String) throws -> [String] {
        try Restorer(set: machine.set, journal: machine.journal, pause: waits.pause).restore(
            where: { $0.owner == owner }
        ).map { "\($0.outcome)".prefix { $0 != "(" }.description }
    }

    @Test func ownerRestoresTheValueThatItFound() throws {
        try set("pids.max=70", owner: "")
        try set("pids.max=7", owner: "daemon")
        #expect(try restoreOwn("daemon") == ["restored"])
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try restore() == ["pids.max restored"])
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func valueSetByAUserOverTheDaemonsStays() throws {
        try set("pids.max=7", owner: "daemon")
        try set("pids.max=70", owner: "")
        #expect(try restoreOwn("daemon") == ["kept"])
        #expect(try machine.text("pids/a/pids.max") == "70")
        // All of it at once: what there was before anyone, by one write.
        #expect(try restore() == ["pids.max restored"])
        #expect(files.written == ["pids.max=max"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func alternatingOwnersRestoreTheFirstOriginal() throws {
        try set("pids.max=70", owner: "")
        try set("pids.max=7", owner: "daemon")
        try set("pids.max=60", owner: "")
        #expect(try restore() == ["pids.max restored"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// A rename keeps the inode (v1): the journal's path led nowhere, and the value stayed.
    @Test func renamedCgroupIsFoundByItsInode() throws {
        try set("pids.max=7")
        try machine.legacyCgroup("/x/y")
        try FileManager.default.moveItem(
            atPath: "\(machine.root)/cgroup/pids/a", toPath: "\(machine.root)/cgroup/pids/x/y/b")
        #expect(try machine.journal.entries()[0].present(in: machine.set).text == "7")
        #expect(try restore() == ["pids.max restored"])
        #expect(try machine.text("pids/x/y/b/pids.max") == "max")
        #expect(try restore().isEmpty)
    }
}

extension JournalEntry.Present {
    fileprivate var text: String? { if case .value(let text) = self { text } else { nil } }
}
