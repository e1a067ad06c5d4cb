import CgroupModel
import Foundation
import Hierarchy
import Testing

@testable import Actuation

/// The cost of an entry must not depend on their number.
@Suite struct JournalCostTests {
    private let machine: FakeMachine
    private let hierarchy: MountedHierarchy
    private var file: String { "\(machine.root)/state/journal" }

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        hierarchy = machine.set.hierarchies[try #require(machine.set.legacy(.pids))]
    }

    /// This many cgroups, each with a limit.
    private func limit(_ cgroups: Range<Int>, _ journal: UndoJournal) throws {
        for number in cgroups {
            let path = "/job\(number)"
            try machine.cgroup(path, in: "pids", ["pids.max": "max"])
            let directory = try CgroupDirectory(CgroupPath(path), in: hierarchy)
            let entry = try journal.begin(
                directory: directory, file: "pids.max", original: "max", wanted: "50",
                cause: "limits jobs")
            try journal.finish(entry, readBack: "50")
        }
    }

    private func size() throws -> Int { try Data(contentsOf: URL(filePath: file)).count }

    @Test func processDoesNotReadItsOwnRecordsAgain() throws {
        let journal = machine.journal
        try limit(0..<600, journal)
        #expect(try size() > 100_000)
        #expect(journal.bytesRead == 0)
        #expect(try journal.entries().count == 600)
    }

    @Test func recordsOfOtherProcessesAreReadOnce() throws {
        let (first, second) = (machine.journal, machine.journal)
        for number in 0..<300 {
            try limit(2 * number..<2 * number + 1, first)
            try limit(2 * number + 1..<2 * number + 2, second)
        }
        #expect(try first.entries().count == 600 && second.entries().count == 600)
        let size = try size()
        for journal in [first, second] { #expect(journal.bytesRead < size) }
    }

    /// Live entries cannot be dropped, and looking for what can is not done at each record.
    @Test func longJournalOfOpenEntriesIsRarelyCompacted() throws {
        let journal = machine.journal
        try limit(0..<600, journal)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let checks = text.split(separator: "\n").count { $0.dropFirst(9).hasPrefix("last ") }
        // At 16, 32, 64, 128, 256 KiB.
        #expect((1...6).contains(checks), "\(checks)")
        #expect(journal.bytesRead == 0)
        #expect(try journal.entries().count == 600)
    }

    @Test func restoreReadsOnlyTheSelectedCgroups() throws {
        try limit(0..<600, machine.journal)
        let inode = try CgroupDirectory(CgroupPath("/job7"), in: hierarchy).inode
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        try machine.cgroup("/job7", in: "pids", ["pids.max": "50"])
        let results = try restorer.restore(inodes: [inode])
        #expect(results.map(\.entry.path) == [CgroupPath("/job7")])
        #expect(try machine.journal.entries().count == 599)
    }

    /// A process whose journal was replaced or removed starts a new one.
    @Test func removedStateDirectoryIsRecreated() throws {
        let journal = machine.journal
        try limit(0..<3, journal)
        try FileManager.default.removeItem(atPath: "\(machine.root)/state")
        #expect(try journal.entries().isEmpty)
        try limit(3..<5, journal)
        #expect(try journal.entries().map(\.sequence) == [1, 2])
    }
}
