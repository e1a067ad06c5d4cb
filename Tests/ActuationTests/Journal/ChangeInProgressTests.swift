import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// A restore while another process of cgwarden is between its record and its write.
@Suite struct ChangeInProgressTests {
    private let machine: FakeMachine
    private let directory: CgroupDirectory

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let index = try #require(machine.set.legacy(.pids))
        directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
    }

    private func restore() throws -> [String] {
        try Restorer(set: machine.set, journal: machine.journal, files: FaultingControlFiles())
            .restore().map { "\("\($0.outcome)".prefix { $0 != "(" })" }
    }

    /// Another process that runs, with the journal as it writes it.
    private func writer() throws -> (process: RunProgram, journal: UndoJournal) {
        let other = try RunProgram("/bin/sleep", ["300"])
        let pid = other.pid
        let stat = try #require(ProcessReader(.live).stat(pid))
        let journal = UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current,
            writer: ProcessIdentity(pid: pid, startTicks: stat.startTicks))
        return (other, journal)
    }

    /// A guardian that thawed at a deadline closed the entry of the next freeze, which its daemon
    /// had recorded but not yet written; after the daemon's death nothing thawed the cgroup.
    @Test func entryOfALiveProcessStaysOpenUntilItsValueIsKnown() throws {
        let (other, journal) = try writer()
        let entry = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "7", cause: "test")
        #expect(try restore() == ["beingWritten"])
        #expect(try machine.journal.entries().map(\.sequence) == [entry.sequence])

        // It writes now, and dies before it reads the value back.
        let file = URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max")
        try Data("7\n".utf8).write(to: file)
        other.send(SIGTERM)
        _ = try other.result()
        #expect(try restore() == ["restored"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// The entry of a second change is that of the first with another value: it was closed by a
    /// restore of the first, and then nothing undid what the process wrote.
    @Test func secondChangeOfALiveProcessIsNotRestoredBeforeItsWrite() throws {
        let file = URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max")
        let first = try machine.journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "70", cause: "test")
        try Data("70\n".utf8).write(to: file)
        try machine.journal.finish(first, readBack: "70")
        let (other, journal) = try writer()
        _ = try journal.begin(
            directory: directory, file: "pids.max", original: "70", wanted: "7", cause: "test")
        #expect(try restore() == ["beingWritten"])
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try machine.journal.entries().map(\.original) == ["max"])

        try Data("7\n".utf8).write(to: file)
        other.send(SIGTERM)
        _ = try other.result()
        #expect(try restore() == ["restored"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func entryOfADeadProcessIsClosed() throws {
        let stat = try #require(ProcessReader(.live).stat(getppid()))
        // The parent has this PID, but began at another time.
        let journal = UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current,
            writer: ProcessIdentity(pid: getppid(), startTicks: stat.startTicks + 1))
        _ = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "7", cause: "test")
        #expect(try restore() == ["already"])
        #expect(try machine.journal.entries().isEmpty)
    }
}
