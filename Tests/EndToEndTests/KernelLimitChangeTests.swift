import Events
import Foundation
import Hierarchy
import TestSupport
import Testing

/// Who changes a limit, on a real kernel.
///
/// The interval is long, so that an event in time cannot come from a sample.
@Suite(
    .serialized,
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroups"),
    .enabled(
        if: RealCgroups.set.map { LimitWrites.refusal($0) == nil } ?? false,
        "writes cannot be watched here"))
struct KernelLimitChangeTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Follows changes below a cgroup, and has taken the first sample.
    private func follow(
        _ cgroup: ProgramCgroup, _ arguments: [String] = ["-i", "60s", "--json"],
        as user: [String] = []
    ) throws -> ProgramRun {
        let command =
            user + [
                ProgramRun.cgwarden, "events", "-f", "--kind", "changed,born", "--cgroup",
                "\(cgroup.path){,/**}",
            ] + arguments
        let run = try ProgramRun(
            command[0], Array(command[1...]),
            environment: ["CGWARDEN_STATE_DIRECTORY": folder.path("state")], input: nil)
        var marks: [ProgramCgroup] = []
        try awaiting("the first event; it said: \(run.errors)") {
            marks.append(try ProgramCgroup(bytes: Array("\(marks.count)".utf8), below: cgroup))
            Thread.sleep(forTimeInterval: 0.1)
            return run.output.contains("born")
        }
        return run
    }

    /// The changes of the cgroup itself; the marks below it have a cpuset on v1.
    private func changes(
        _ run: ProgramRun, of cgroup: ProgramCgroup
    ) throws -> [JSONText.Object] {
        // The last line may be incomplete.
        let text = run.output
        let end = text.lastIndex(of: "\n") ?? text.startIndex
        return try text[..<end].split(separator: "\n").map { try JSONText.object($0) }
            .filter {
                $0["kind"] as? String == "changed" && $0["path"] as? String == cgroup.path
            }
    }

    private func first(
        _ run: ProgramRun, of cgroup: ProgramCgroup
    ) throws -> JSONText.Object {
        try awaiting("a change; it said: \(run.output)\(run.errors)", seconds: 50) {
            try changes(run, of: cgroup).first
        }
    }

    private func file(_ cgroup: ProgramCgroup) -> String {
        cgroup.isMemoryLegacy ? "memory.limit_in_bytes" : "memory.max"
    }

    @Test func aShellsWriteNamesItAtOnce() throws {
        let cgroup = try ProgramCgroup()
        try cgroup.write("\(64 << 20)", to: file(cgroup))
        let run = try follow(cgroup)
        let place = try #require(cgroup.directory(of: "memory"))
        let shell = try ProgramRun(
            "sh", ["-c", "echo \(32 << 20) >'\(place)/\(file(cgroup))'; read line"], input: nil)
        let pid = Int(shell.pid)
        let change = try first(run, of: cgroup)
        #expect(change["path"] as? String == cgroup.path)
        #expect(change["limit"] as? String == "memory.max")
        #expect(change["file"] as? String == file(cgroup))
        #expect(change["old"] as? String == "64MiB")
        #expect(change["new"] as? String == "32MiB")
        #expect(change["pid"] as? Int == pid)
        #expect(["sh", "dash", "bash"].contains(change["comm"] as? String))
        #expect(change["uid"] as? Int == 0)
        #expect(change["writer_path"] is String)
        shell.send(SIGKILL)
        run.send(SIGTERM)
        _ = try run.result()
    }

    /// A container has a mount of its own, which begins at its cgroup.
    @Test func writeThroughAnotherMountIsReportedWithThePathInThisOne() throws {
        let cgroup = try ProgramCgroup()
        let run = try follow(cgroup)
        let place = try #require(cgroup.directory(of: "pids"))
        let mounted = try ProgramRun.run(
            "unshare",
            [
                "--mount", "--propagation", "private", "sh", "-c",
                "mount --bind '\(place)' /mnt && echo 77 >/mnt/pids.max",
            ])
        #expect(mounted.status == 0, "\(mounted.errors)")
        let change = try first(run, of: cgroup)
        #expect(change["path"] as? String == cgroup.path)
        #expect(change["limit"] as? String == "pids.max")
        #expect(change["new"] as? String == "77")
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test func aChangeByCgwardenNamesTheCommand() throws {
        let cgroup = try ProgramCgroup()
        let run = try follow(cgroup)
        let state = ["CGWARDEN_STATE_DIRECTORY": folder.path("state")]
        let set = try ProgramRun.run(
            ProgramRun.cgwarden, ["set", cgroup.path, "pids.max=55"], environment: state)
        #expect(set.status == 0, "\(set.errors)")
        let change = try first(run, of: cgroup)
        #expect(change["by"] as? String == "cgwarden set pids.max=55")
        #expect(change["comm"] as? String == "cgwarden")
        let shown = try ProgramRun.run(
            ProgramRun.cgwarden, ["show", cgroup.path], environment: state)
        #expect(shown.output.contains("\nSet by cgwarden\n"))
        #expect(shown.output.contains("55  (was max; cgwarden set pids.max=55, "))
        let restored = try ProgramRun.run(
            ProgramRun.cgwarden, ["restore", cgroup.path], environment: state)
        #expect(restored.status == 0)
        try awaiting("the change back") { try changes(run, of: cgroup).count == 2 }
        #expect(try changes(run, of: cgroup)[1]["new"] as? String == "max")
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test(.enabled(if: ProgramRun.isInstalled("setpriv"), "setpriv is not installed"))
    func withoutPermissionChangesAreReportedWithoutAWriter() throws {
        let cgroup = try ProgramCgroup()
        let run = try follow(
            cgroup, ["-i", "200ms", "--json"],
            as: ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
        try cgroup.write("88", to: "pids.max")
        let change = try first(run, of: cgroup)
        #expect(change["old"] as? String == "max")
        #expect(change["new"] as? String == "88")
        #expect(change["pid"] == nil)
        #expect(run.errors.contains("changes of limits are reported, but the writer is not"))
        run.send(SIGTERM)
        _ = try run.result()
    }

    @Test func theDaemonKeepsChanges() throws {
        let daemon = try RunningDaemon("defaults: {interval: 60s}\n")
        let cgroup = try ProgramCgroup()
        try cgroup.write("99", to: "pids.max")
        let query = "/api/v1/events?kind=changed&cgroup=\(cgroup.path)"
        try awaiting("the change is kept", seconds: 50) {
            try daemon.server.get(query).text.contains("pids.max set to 99 by ")
        }
        #expect(try daemon.end().status == 0)
    }
}
