import Foundation
import TestSupport
import Testing

/// Changes made with the keys of the live view, in a real terminal and on real cgroups.
@Suite(
    .serialized, .enabled(if: TerminalSession.isAvailable, LiveScreen.reason),
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelLiveActionTests {
    /// A state directory of the test's own, so that its journal is empty at first.
    private let state: ProgramCapture

    init() throws { state = try ProgramCapture(mountinfo: "") }

    private var environment: [String: String] {
        ["CGWARDEN_STATE_DIRECTORY": state.root + "/state"]
    }

    /// A view of the cgroups whose names begin like the first one's, with that one selected.
    private func session(_ cgroup: ProgramCgroup, rows: Int = 30) throws -> TerminalSession {
        let name = String(cgroup.path.dropFirst())
        let session = try TerminalSession(
            TerminalSession.cgwarden("top -p -d 250ms --where 'name = \(name)'"), columns: 150,
            rows: rows, environment: environment)
        session.kept = state
        // The names are there before the values, from which the forms are made.
        try session.await("the first sample") { lines in
            lines.contains { $0.contains(name) && !$0.contains("filter") }
                && !lines[0].contains("taking the first sample")
        }
        try session.press("G")
        return session
    }

    private func expectNothingIsLeft(_ session: TerminalSession) throws {
        try session.press("q")
        #expect(try session.status() == 0)
        #expect(session.errors.isEmpty, "\(session.errors)")
        let journal = try ProgramRun.run(
            ProgramRun.cgwarden, ["journal"], environment: environment)
        #expect(journal.output == "nothing to undo\n", "\(journal)")
    }

    private func value(_ cgroup: ProgramCgroup, _ v1: String, _ v2: String) throws -> String {
        let folder = try #require(cgroup.directory(of: "memory"))
        let file = FileManager.default.fileExists(atPath: "\(folder)/\(v1)") ? v1 : v2
        return try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func freezeCountsDownAndUThawsAgain() throws {
        let cgroup = try ProgramCgroup("-act")
        let member = try cgroup.start("echo ready; read line")
        defer { member.send(SIGKILL) }
        let session = try session(cgroup)
        try session.press("T")
        try session.await("would freeze \(cgroup.path): 1 process")
        try session.press("Enter")
        try session.await("the seconds until the thaw") { lines in
            lines.contains {
                $0.contains("-act")
                    && $0.range(of: "frozen [0-9]+s", options: .regularExpression) != nil
            }
        }
        try session.press("u")
        try session.await("would thaw \(cgroup.path)")
        try session.press("y")
        try session.await("thawed \(cgroup.path)")
        try session.await("running again") { lines in
            !lines.contains { $0.contains("-act") && $0.contains("frozen ") }
        }
        try expectNothingIsLeft(session)
    }

    @Test func killAsksForTheSignalAndEndsTheProcesses() throws {
        let cgroup = try ProgramCgroup("-act")
        let member = try cgroup.start("echo ready; read line")
        defer { member.send(SIGKILL) }
        let session = try session(cgroup)
        try session.press("K")
        try session.await("Kill all processes with")
        try session.press("Enter")
        try session.await("would kill 1 process of \(cgroup.path)")
        try session.press("n")
        try session.await("canceled; nothing was changed")
        #expect(member.isRunning)
        try session.press("F9", "Enter")
        try session.await("would kill 1 process of \(cgroup.path)")
        try session.press("y")
        try session.await("killed 1 process of \(cgroup.path)")
        try awaiting("the member is dead") { !member.isRunning }
        try session.press("u")
        try session.await("a kill cannot be undone")
        try expectNothingIsLeft(session)
    }

    @Test func limitIsSetFromTheMenuAndTheCommandLineAndUndone() throws {
        let cgroup = try ProgramCgroup("-act")
        let before = try value(cgroup, "memory.limit_in_bytes", "memory.max")
        let session = try session(cgroup)
        try session.press("L")
        try session.await("Limit of \(cgroup.path)")
        try session.await("memory.max")
        try session.press("Enter")
        try session.await("memory.max is max")
        try session.press("BSpace", "BSpace", "BSpace")
        try session.type("64MiB")
        try session.press("Enter")
        try session.await("would write")
        try session.press("Enter")
        try session.await("u undoes")
        #expect(try value(cgroup, "memory.limit_in_bytes", "memory.max") == "67108864")
        try session.press("u")
        try session.await("would write max, is 64MiB")
        try session.press("Enter")
        try awaiting("the original is back") {
            try value(cgroup, "memory.limit_in_bytes", "memory.max") == before
        }
        try session.press(":")
        try session.type("se")
        try session.press("Tab")
        try session.await(":set ")
        try session.type("memory.max=32MiB")
        try session.press("Enter")
        try session.await("cgwarden set \(cgroup.path) memory.max=32MiB")
        try session.await("would write")
        try session.press("Enter")
        try session.await("u undoes")
        #expect(try value(cgroup, "memory.limit_in_bytes", "memory.max") == "33554432")
        try session.press("u")
        try session.await("would write max")
        try session.press("Enter")
        try session.await("restored to max")
        try expectNothingIsLeft(session)
    }

    @Test func refusalIsShownInPlace() throws {
        let cgroup = try ProgramCgroup("-act")
        let session = try session(cgroup)
        try session.press("g", "T")
        try session.await("will not freeze /: it is the root of the whole host")
        try session.press(":")
        try session.type("set /cgwarden-test-no-such memory.max=1GiB")
        try session.press("Enter")
        try session.await("no cgroup /cgwarden-test-no-such")
        try expectNothingIsLeft(session)
    }

    @Test func markedCgroupsAreFrozenAndThawedTogether() throws {
        let cgroup = try ProgramCgroup("-act")
        let children = try ["a", "b"].map {
            try ProgramCgroup(bytes: Array($0.utf8), below: cgroup)
        }
        let members = try children.map { try $0.start("echo ready; read line") }
        defer { for member in members { member.send(SIGKILL) } }
        let name = String(cgroup.path.dropFirst())
        let session = try TerminalSession(
            TerminalSession.cgwarden("top -p -d 250ms --where 'path = */\(name)/?'"), columns: 150,
            rows: 30, environment: environment)
        session.kept = state
        try session.await("└─ b")
        try session.press("G", ".", "k", ".")
        try session.await("marked 2")
        try session.press("T")
        for child in children { try session.await("would freeze \(child.path)") }
        try session.press("Enter")
        try session.await("two frozen rows") { lines in
            lines.count {
                $0.range(of: "─ [ab] .*frozen [0-9]+s", options: .regularExpression) != nil
            } == 2
        }
        try session.press("Escape", "u")
        for child in children { try session.await("would thaw \(child.path)") }
        try session.press("Enter")
        try session.await("no frozen row") { lines in
            lines.contains { $0.contains("─ b") }
                && !lines.contains { $0.contains("─ ") && $0.contains("frozen ") }
        }
        try session.press("Escape")
        try expectNothingIsLeft(session)
        for member in members { member.send(SIGKILL) }
        for child in children { child.remove() }
    }
}
