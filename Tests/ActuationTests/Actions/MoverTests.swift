import CgroupModel
import Foundation
import Glibc
import Hierarchy
import Testing

@testable import Actuation

/// Moves on v1 with plain files, one tree of which refuses each write.
@Suite struct MoverTests {
    private let machine: FakeMachine
    private static let pid: Int32 = 400
    private static let startTicks: UInt64 = 100

    init() throws {
        machine = try FakeMachine(["cpu": "cpu", "pids": "pids"])
        for tree in ["cpu", "pids"] {
            for path in ["/a", "/b"] { try machine.cgroup(path, in: tree, [:]) }
        }
    }

    /// Makes the process a member of a cgroup in each tree.
    private func place(in cgroup: String) throws {
        let directory = "\(machine.root)/proc/\(Self.pid)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let stat = "0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 \(Self.startTicks) 1000 10 0"
        for (name, text) in [
            ("stat", "\(Self.pid) (sleep) S 1 \(Self.pid) \(Self.pid) \(stat)"),
            ("status", "Name:\tsleep\nUid:\t1000\t1000\t1000\t1000"),
            ("cgroup", "2:cpu:\(cgroup)\n1:pids:\(cgroup)"),
        ] {
            try Data("\(text)\n".utf8).write(to: URL(filePath: "\(directory)/\(name)"))
        }
    }

    /// Records an earlier move to `/a` that expires; returns its entries.
    private func moveEarlier() throws -> [JournalEntry] {
        try place(in: "/a")
        let earlier = machine.journal.expiring(ExpiringChange(.seconds(600), by: .dead))
        for hierarchy in machine.set.hierarchies {
            let origin = try CgroupDirectory(.root, in: hierarchy)
            let directory = try CgroupDirectory(CgroupPath("/a"), in: hierarchy)
            let entry = try earlier.record(
                JournalEntry.moved(Self.pid, startTicks: Self.startTicks), at: directory.path,
                in: hierarchy, "\(MembershipText(origin))", wanted: "\(MembershipText(directory))",
                cause: "move")
            try earlier.finish(entry, readBack: "\(MembershipText(directory))")
        }
        let entries = try machine.journal.entries()
        try #require(entries.count == 2 && entries.allSatisfy { $0.expiry != nil })
        return entries
    }

    /// In the second tree, the move is refused once that in the first tree was made.
    @Test(arguments: ["cpu", "pids"])
    func refusedMoveLeavesTheEarlierMove(_ refusing: String) throws {
        let before = try moveEarlier()
        let context = ActingContext(
            machine.set, files: FailingTree(tree: refusing, code: EINVAL), journal: machine.journal)
        let error = #expect(throws: ActuationError.self) {
            try Mover(context).move([Self.pid], to: CgroupPath("/b"))
        }
        #expect(error?.code == .refused, "\(error?.message ?? "")")
        #expect(try machine.journal.entries() == before)
    }

    /// The journal becomes unusable between the two trees.
    @Test(arguments: [false, true])
    func moveThatCannotBeRecordedInTheSecondTreeIsRolledBack(hasEarlier: Bool) throws {
        let before = try hasEarlier ? moveEarlier() : []
        try place(in: "/a")
        let first = machine.set.hierarchies[0].label
        let journal = URL(filePath: "\(machine.root)/state/journal")
        let files = HookedWrites(in: first) {
            guard var bytes = try? Data(contentsOf: journal) else { return }
            bytes.append(contentsOf: Array("damaged\n".utf8))
            try? bytes.write(to: journal)
        }
        let error = #expect(throws: ActuationError.self) {
            try Mover(ActingContext(machine.set, files: files, journal: machine.journal)).move(
                [Self.pid], to: CgroupPath("/b"))
        }
        #expect(error?.message.contains("is damaged") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("moved back") == false)
        #expect(try machine.text("\(first)/a/cgroup.procs") == "\(Self.pid)")
        #expect(try machine.journal.entries() == before)
    }

    @Test func processThatCannotBeMovedBackIsReported() throws {
        let before = try moveEarlier()
        let files = FaultingControlFiles()
        files.fail("cgroup.procs", EINVAL, after: 1)
        let error = #expect(throws: ActuationError.self) {
            try Mover(ActingContext(machine.set, files: files, journal: machine.journal)).move(
                [Self.pid], to: CgroupPath("/b"))
        }
        let first = machine.set.hierarchies[0].label
        #expect(
            error?.message.hasSuffix(
                "process 400 could not be moved back and is still in /b (hierarchy \(first))")
                == true, "\(error?.message ?? "")")
        // The move in the first tree is in force, with the deadline of the earlier one.
        let after = try machine.journal.entries()
        #expect(after.map(\.expiry) == before.map(\.expiry))
        #expect(after.map(\.path.description) == ["/b", "/a"])
    }
}
