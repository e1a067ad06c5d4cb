import Actuation
import ArgumentParser
import CgroupModel
import Enforcement
import Foundation
import Hierarchy
import Logging
import Policy
import PolicyLanguage
import Testing
import TestSupport

@testable import cgwarden
@testable import Service

/// The values that an earlier daemon left, on a captured tree.
@Suite struct InheritanceTests {
    private let capture: ProgramCapture
    private let machine: Machine
    private let state: String

    init() throws {
        capture = try ProgramCapture("v2")
        state = capture.root + "/state"
        machine = try Machine(.captured(in: capture.root), stateDirectory: state)
    }

    /// Changes a file of `/mine` from "max", as the daemon does.
    private func set(_ file: String, to value: String) throws {
        try capture.write(value, to: "cgroup/mine/\(file)")
        let mine = try CgroupDirectory(CgroupPath("/mine"), in: machine.set.hierarchies[0])
        let entry = try machine.journal.begin(
            directory: mine, file: ControlCell(file), original: "max", wanted: value,
            cause: "rule many")
        try machine.journal.finish(entry, readBack: value)
    }

    private func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(capture.root)/cgroup/mine/\(file)", encoding: .utf8)
    }

    /// The error was taken for an empty journal, so the value stayed until the daemon's end.
    @Test func unreadableJournalIsRetriedAtTheNextTick() throws {
        try set("pids.max", to: "77")
        var engine = PolicyEngine(
            document: PolicyDocument(),
            facts: KernelFacts(
                set: machine.set, policy: PolicyDocument(), holds: machine.holds,
                connections: nil, identities: machine.identities),
            vocabulary: { PolicyVocabulary.metric(named: $0) })
        let inheritance = Inheritance(machine, Logger(label: "test"))
        let files = FileManager.default
        let journal = "\(state)/journal"
        // A directory cannot be read as a file.
        try files.moveItem(atPath: journal, toPath: "\(state)/kept")
        try files.createDirectory(atPath: journal, withIntermediateDirectories: false)
        inheritance.follow(&engine)
        try files.removeItem(atPath: journal)
        try files.moveItem(atPath: "\(state)/kept", toPath: journal)
        // A change of this daemon, which is not left over.
        try set("memory.high", to: "8192")
        inheritance.follow(&engine)
        try awaiting("only the earlier change is undone") {
            try machine.journal.entries().map(\.cell.file) == ["memory.high"]
        }
        #expect(try text("pids.max") == "max")
        #expect(try text("memory.high") == "8192")
    }

    @Test(arguments: [(20, "value 20"), (21, "1 more value"), (22, "2 more values")])
    func longReportEndsWithTheNumberOfOtherValues(count: Int, end: String) {
        let lines = Inheritance.logged((1...count).map { "value \($0)" })
        #expect(Array(lines.prefix(20)) == (1...20).map { "value \($0)" })
        #expect(lines.count == min(count, 21))
        #expect(lines.last == end)
    }
}
