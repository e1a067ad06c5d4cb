import CgroupModel
import Foundation
import Testing

/// Nothing starts in a frozen cgroup, so `run` refuses and names it.
@Suite(.serialized, .enabled(if: RunPlace.isUsable, "needs root and writable cgroups"))
struct KernelRunFrozenTests {
    private let place = RunPlace()

    /// Freezes a cgroup in the tree that a run would be frozen in, or lets it go on.
    private func freeze(_ path: String, _ isFrozen: Bool = true) throws {
        if let root = RunPlace.legacyFreezer {
            let file = "\(root)\(path)/freezer.state"
            try Data((isFrozen ? "FROZEN" : "THAWED").utf8).write(to: URL(filePath: file))
        } else {
            let root = try #require(RunPlace.root(of: .pids))
            let file = "\(root)\(path)/cgroup.freeze"
            try Data((isFrozen ? "1" : "0").utf8).write(to: URL(filePath: file))
        }
    }

    @Test(arguments: ["", "/run-keeper"])
    func runBelowAFrozenCgroupIsRefused(below: String) throws {
        let keeper = try place.start(
            ["--name", "keeper"], "sh", "-c", "echo ready; exec sleep 600")
        try keeper.awaitOutput("ready")
        try freeze(place.path)
        defer { try? freeze(place.path, false) }
        let run = try RunProgram(
            RunProgram.path,
            ["run", "--parent", place.path + below, "--name", "next", "--", "echo", "started"]
        ).result(seconds: 30)
        #expect(run.status == 75)
        #expect(run.output == "")
        #expect(
            run.errors.contains("\(place.path) is frozen")
                && run.errors.contains("cgwarden thaw \(place.path)"), "\(run.errors)")
        #expect(place.directories("next").isEmpty && place.directories("keeper/run-next").isEmpty)
        try freeze(place.path, false)
        keeper.send(SIGTERM)
        #expect(try keeper.result().status == 143)
    }

    /// Someone freezes the new cgroup before the command is in it: it waits, but not deaf.
    @Test(.enabled(if: RunTenant.isAvailable, "no perl"), arguments: [SIGINT, SIGTERM])
    func signalEndsARunWhoseCommandCannotStart(signal: Int32) throws {
        let keeper = try place.start(
            ["--name", "keeper"], "sh", "-c", "echo ready; exec sleep 600")
        try keeper.awaitOutput("ready")
        let isLegacy = RunPlace.legacyFreezer != nil
        let root = try #require(RunPlace.legacyFreezer ?? RunPlace.root(of: .pids))
        let stuck = "\(root)\(place.path)/run-stuck"
        let script = """
            $| = 1; print qq(ready\\n);
            until (open F, '>', '\(stuck)/\(isLegacy ? "freezer.state" : "cgroup.freeze")') {}
            syswrite F, '\(isLegacy ? "FROZEN" : "1")'; print qq(frozen\\n);
            """
        let freezer = try RunProgram("/usr/bin/perl", ["-e", script])
        try freezer.awaitOutput("ready")
        let run = try place.start(["--name", "stuck"], "sleep", "600")
        try freezer.awaitOutput("frozen")
        try RunProgram.await("the child is in the frozen cgroup") {
            let members = try? String(contentsOfFile: "\(stuck)/cgroup.procs", encoding: .utf8)
            return members?.isEmpty == false
        }
        run.send(signal)
        let result = try run.result(seconds: 30)
        #expect(result.status == 128 + signal, "\(result.errors)")
        #expect(place.directories("stuck").isEmpty)
        keeper.send(SIGTERM)
        #expect(try keeper.result().status == 143)
    }
}
