import Foundation
import TestSupport
import Testing

/// The demo plays for real, and leaves nothing behind.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelDemoTests {
    /// Everything that a demo makes, wherever it is.
    private static var remains: [String] {
        let mounts = ((try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? "")
            .split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.count > 2 && $0[2].hasPrefix("cgroup") }.map { "\($0[1])/cgwarden-demo" }
        let folders = ["/run", "/dev/shm", "/var/tmp"].map { "\($0)/cgwarden-demo" }
        let all = mounts + folders + ["/run/cgwarden-demo.lock"]
        return all.filter(FileManager.default.fileExists)
    }

    private func play(seconds: Int) throws -> ProgramRun {
        try #require(Self.remains.isEmpty, "a demo runs already")
        return try ProgramRun(
            ProgramRun.cgwarden,
            ["demo", "--seconds", "\(seconds)", "--web.listen-address", "-"])
    }

    @Test func demoReportsDecisionsAndRemovesEverything() throws {
        // Without a time limit, on any host.
        let demo = try play(seconds: 3600)
        for part in [
            "standing limit  memory.max=128MiB", "standing limit  pids.max=100",
            "database-guard  frozen just below its limit", "database-guard  thawed",
        ] {
            try awaiting("\(part) in: \(demo.output) \(demo.errors)", seconds: 300) {
                guard demo.isRunning else { throw ProgramTrouble("it ended: \(demo.output)") }
                return demo.output.contains(part)
            }
        }
        #expect(Self.remains.count > 3)
        demo.send(SIGINT)
        let result = try demo.result()
        #expect(result.status == 0, "\(result.errors)")
        for part in ["memory.max restored", "everything it created was removed"] {
            #expect(result.output.contains(part), "\(part) is missing in: \(result.output)")
        }
        #expect(Self.remains == [])
    }

    @Test func killedDemoIsCleanedUp() throws {
        let demo = try play(seconds: 3600)
        try awaiting("the work is under way; \(demo.errors)") {
            demo.output.contains("standing limit")
        }
        demo.send(SIGKILL)
        try awaiting("nothing is left") { Self.remains.isEmpty }
    }

    private func expectRefused() throws {
        let demo = try ProgramRun.cgwarden(
            "demo", "--seconds", "5", "--web.listen-address", "-")
        #expect(demo.status == 75)
        #expect(demo.errorLines.count == 1, "\(demo.errors)")
        #expect(demo.errors.contains("a demo is already running"), "\(demo.errors)")
        #expect(demo.bytes.isEmpty, "\(demo.output)")
    }

    /// It killed the cgroups of the first one, and removed its undo journal.
    @Test func secondDemoIsRefusedWhileTheFirstRuns() throws {
        let demo = try play(seconds: 3600)
        try awaiting("the work is under way; \(demo.errors)") {
            demo.output.contains("standing limit")
        }
        let all = Self.remains
        try expectRefused()
        #expect(demo.isRunning && Self.remains == all)
        demo.send(SIGINT)
        #expect(try demo.result().status == 0)
        #expect(Self.remains == [])
    }

    /// The daemon of a demo whose keeper was killed runs on for a while; here this process has its
    /// claim.
    @Test func nothingIsRemovedWhileAnEarlierDaemonRuns() throws {
        try #require(Self.remains.isEmpty, "a demo runs already")
        let folder = "/run/cgwarden-demo"
        let lock = "\(folder)/daemon.lock"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(filePath: lock))
        let claim = try #require(FileHandle(forWritingAtPath: lock))
        try #require(flock(claim.fileDescriptor, LOCK_EX) == 0)
        try expectRefused()
        #expect(Self.remains == [folder])
        #expect(FileManager.default.fileExists(atPath: lock))
        try claim.close()
    }

    /// In a world-writable directory, another user linked it to another file.
    @Test func linkInPlaceOfTheDemosFilesIsNotFollowed() throws {
        try #require(Self.remains.isEmpty, "a demo runs already")
        let trap = "/dev/shm/cgwarden-demo"
        let victim = "/dev/shm/cgwarden-test-\(UUID().uuidString)"
        defer { for path in [trap, victim] { try? FileManager.default.removeItem(atPath: path) } }
        try FileManager.default.createDirectory(
            atPath: trap, withIntermediateDirectories: false)
        try Data("mine".utf8).write(to: URL(filePath: victim))
        try FileManager.default.createSymbolicLink(
            atPath: "\(trap)/1", withDestinationPath: victim)
        let demo = try ProgramRun(
            ProgramRun.cgwarden, ["demo", "--seconds", "5", "--web.listen-address", "-"])
        let result = try demo.result()
        #expect(result.status != 0)
        #expect(result.errors.contains(trap), "\(result.errors)")
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "mine")
        // The message says to remove it, so it is still there.
        #expect(Self.remains == [trap])
    }
}
