import CgroupModel
import Foundation
import Hierarchy
import Testing

@testable import Actuation

/// A value that the daemon and a person both change.
@Suite struct OwnersTests {
    private let machine: FakeMachine
    private let directory: CgroupDirectory
    private let person: UndoJournal
    private let daemon: UndoJournal

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let index = try #require(machine.set.legacy(.pids))
        directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
        person = UndoJournal(directory: "\(machine.root)/state")
        daemon = UndoJournal(directory: "\(machine.root)/state", owner: "daemon")
    }

    private func write(_ value: String, as journal: UndoJournal) throws {
        try JournaledWrite(files: KernelControlFiles(), journal: journal).write(
            value, to: "pids.max", of: directory, cause: "test")
    }

    private func overwrite(_ value: String) throws {
        try Data("\(value)\n".utf8).write(
            to: URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max"))
    }

    private var value: String {
        get throws { try machine.text("pids/a/pids.max") }
    }

    /// `OWNER: ORIGINAL, VALUE` of each entry, in the order in which they lie on each other.
    private var entries: [String] {
        get throws {
            try person.entries().map {
                "\($0.owner.isEmpty ? "person" : $0.owner): \($0.original), \($0.readBack ?? "?")"
            }
        }
    }

    @discardableResult
    private func endDaemon() throws -> [String] {
        try Restorer(set: machine.set, journal: daemon).restore { $0.owner == "daemon" }
            .map { "\("\($0.outcome)".prefix { $0 != "(" })" }
    }

    @Test func daemonRestoresAValueSetByAUserInTheMeantime() throws {
        try write("321", as: daemon)
        try write("500", as: person)
        // The daemon sees the change and writes its own again.
        try write("321", as: daemon)
        #expect(try entries == ["person: max, 500", "daemon: 500, 321"])
        #expect(try endDaemon() == ["restored"])
        #expect(try value == "500")
        #expect(try entries == ["person: max, 500"])
        _ = try Restorer(set: machine.set, journal: person).restore()
        #expect(try value == "max")
    }

    @Test func laterChangeByAUserReplacesTheEarlierOne() throws {
        try write("321", as: daemon)
        for wanted in ["500", "600"] {
            try write(wanted, as: person)
            try write("321", as: daemon)
        }
        #expect(try entries == ["person: max, 600", "daemon: 600, 321"])
        try endDaemon()
        #expect(try value == "600")
    }

    @Test func daemonKeepsAUsersValueThatItDidNotOverwrite() throws {
        try write("321", as: daemon)
        try write("500", as: person)
        #expect(try endDaemon() == ["kept"])
        #expect(try value == "500")
        #expect(try entries == ["person: max, 500"])
    }

    @Test func userWhoSetsTheOriginalLeavesNothingToUndo() throws {
        try write("321", as: daemon)
        try write("max", as: person)
        try write("321", as: daemon)
        #expect(try entries == ["daemon: max, 321"])
        try endDaemon()
        #expect(try value == "max")
    }

    @Test func rolledBackTransactionIsNotAChangeByAUser() throws {
        try write("321", as: daemon)
        try write("500", as: person)
        try write("321", as: person)
        try write("320", as: daemon)
        try endDaemon()
        #expect(try value == "max")
    }

    @Test func valueOfAnotherProgramIsNotTheOriginal() throws {
        try write("321", as: daemon)
        try overwrite("77")
        try write("321", as: daemon)
        #expect(try entries == ["daemon: max, 321"])
        try overwrite("78")
        #expect(try endDaemon() == ["foreign"])
    }

    @Test func orderOfOwnersSurvivesCompaction() throws {
        try write("321", as: daemon)
        try write("500", as: person)
        for round in 0..<150 { try write("\(400 + round % 2)", as: daemon) }
        #expect(try entries == ["person: max, 500", "daemon: 500, 401"])
        let again = UndoJournal(directory: "\(machine.root)/state")
        #expect(try again.entries() == person.entries())
    }

    @Test func restoreByAUserCoversAllOwners() throws {
        try write("321", as: daemon)
        try write("500", as: person)
        try write("321", as: daemon)
        _ = try Restorer(set: machine.set, journal: person).restore()
        #expect(try value == "max")
        #expect(try entries.isEmpty)
    }

    @Test func listedCurrentValueIsTheKernels() throws {
        try write("321", as: daemon)
        try overwrite("9")
        let entry = try #require(try person.entries().first)
        guard case .value("9") = entry.present(in: machine.set) else {
            Issue.record("\(entry.present(in: machine.set))")
            return
        }
        try FileManager.default.removeItem(atPath: "\(machine.root)/cgroup/pids/a")
        guard case .gone = entry.present(in: machine.set) else {
            Issue.record("\(entry.present(in: machine.set))")
            return
        }
        let other = try FakeMachine(["": "cgroup2"])
        guard case .hidden = entry.present(in: other.set) else {
            Issue.record("\(entry.present(in: other.set))")
            return
        }
    }
}
