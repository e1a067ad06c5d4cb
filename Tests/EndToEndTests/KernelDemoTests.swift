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
        return (mounts + folders).filter(FileManager.default.fileExists)
    }

    private func play(seconds: Int) throws -> ProgramRun {
        try #require(Self.remains.isEmpty, "a demo runs already")
        return try ProgramRun(
            ProgramRun.cgwarden,
            ["demo", "--seconds", "\(seconds)", "--web.listen-address", "-"])
    }

    @Test func itTellsWhatTheDaemonDoesAndRemovesAll() throws {
        // As long as it takes, on any machine.
        let demo = try play(seconds: 3600)
        for part in [
            "standing limit  memory.max=128MiB", "standing limit  pids.max=100",
            "database-guard  frozen, just below its limit", "database-guard  thawed",
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
        for part in ["memory.max as it was", "all that it made is removed"] {
            #expect(result.output.contains(part), "\(part) is missing in: \(result.output)")
        }
        #expect(Self.remains == [])
    }

    @Test func oneThatIsKilledIsRemoved() throws {
        let demo = try play(seconds: 3600)
        try awaiting("the work is under way; \(demo.errors)") {
            demo.output.contains("standing limit")
        }
        demo.send(SIGKILL)
        try awaiting("nothing is left") { Self.remains.isEmpty }
    }

    /// In a folder that everybody may write to, someone had it lead to another file.
    @Test func whatSomeoneElsePutInItsPlaceIsNotWrittenThrough() throws {
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
    }
}
