import Foundation
import Testing

/// From the start to the removal: exit statuses, signals, what is left behind.
@Suite(.enabled(if: RunPlace.isUsable, "needs root and writable cgroups"))
struct KernelRunLifeTests {
    private let place = RunPlace()

    @Test(arguments: [
        ("exit 0", Int32(0)), ("exit 3", 3), ("kill -TERM $$", 143),
    ])
    func exitStatusIsThatOfTheCommand(script: String, status: Int32) throws {
        let run = try place.run([], "sh", "-c", script)
        #expect(run.status == status, "\(run.errors)")
        #expect(try run.summary()["status"] as? Int == Int(status))
        #expect(place.runs.isEmpty)
    }

    @Test func commandThatCannotRunIsReportedInOneLine() throws {
        let missing = try place.run([], "cgwarden-test-no-such-command")
        #expect(missing.status == 127)
        #expect(
            missing.errors
                == "cgwarden: cannot run cgwarden-test-no-such-command: No such file or directory\n"
        )
        let unfit = try place.run([], "/etc/passwd")
        #expect(unfit.status == 126)
        #expect(unfit.errors == "cgwarden: cannot run /etc/passwd: Permission denied\n")
        #expect(place.runs.isEmpty)
    }

    @Test func commandStartsInsideTheCgroup() throws {
        let run = try place.run(["--name", "born"], "cat", "/proc/self/cgroup")
        let lines = run.output.split(separator: "\n").filter {
            $0.hasSuffix(":\(place.path)/run-born")
        }
        #expect(!lines.isEmpty, "\(run.output)")
        #expect(lines.contains { $0.contains(":pids:") || $0.hasPrefix("0::") })
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGUSR2])
    func signalIsForwarded(signal: Int32) throws {
        let run = try place.start(
            [], "sh", "-c",
            "trap 'exit 9' \(signal); echo ready; while :; do sleep 0.05; done")
        try run.awaitOutput("ready")
        run.send(signal)
        #expect(try run.result().status == 9)
    }

    @Test func ignoredSignalsStayIgnored() throws {
        let script = "trap '' HUP; exec '\(RunProgram.path)' \"$@\""
        let inner = place.arguments([], ["sh", "-c", "kill -HUP $$; echo lives"])
        let run = try RunProgram("/bin/sh", ["-c", script, "sh"] + inner).result()
        #expect(run.output == "lives\n")
        #expect(run.status == 0)
    }

    @Test func remainingProcessesAreWaitedFor() throws {
        let file = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        let script = "(until [ -e \(file) ]; do sleep 0.05; done; echo late) & exit 5"
        let waiting = try place.start([], "sh", "-c", script)
        try RunProgram.await("it says that it waits") {
            waiting.text("err").contains("waiting for")
        }
        try Data().write(to: URL(filePath: file))
        let run = try waiting.result()
        #expect(run.status == 5)
        #expect(run.output == "late\n")
    }

    @Test func remainingProcessesAreKilledBySignalOrOption() throws {
        let waiting = try place.start([], "sh", "-c", "sleep 600 & exit 5")
        try RunProgram.await("it says that it waits") {
            waiting.text("err").contains("waiting for 1 process ")
        }
        waiting.send(SIGINT)
        #expect(try waiting.result().status == 5)

        let script = "sleep 600 & trap '' TERM; sleep 600 & exit 6"
        let prompt = try place.run(["--kill-rest"], "sh", "-c", script)
        #expect(prompt.status == 6)
        #expect(place.runs.isEmpty)
    }

    @Test func nameIsInUseWhileItsRunLasts() throws {
        let first = try place.start(["--name", "one"], "sh", "-c", "echo ready; exec sleep 600")
        try first.awaitOutput("ready")
        let second = try place.run(["--name", "one"], "true")
        #expect(second.status != 0)
        #expect(second.errors.contains("choose another --name"))
        #expect(!place.directories("one").isEmpty)
        first.send(SIGTERM)
        #expect(try first.result().status == 143)
        #expect(place.directories("one").isEmpty)
    }

    @Test func nextRunCleansUpOnlyKilledRuns() throws {
        let alive = try place.start(["--name", "alive"], "sh", "-c", "echo ready; exec sleep 600")
        let killed = try place.start(
            ["--name", "killed"], "sh", "-c", "sleep 600 & echo ready $$; exec sleep 600")
        try alive.awaitOutput("ready")
        try killed.awaitOutput("ready")
        let leader = try #require(
            Int32(killed.text("out").split(separator: " ").last?.dropLast() ?? ""))
        killed.send(SIGKILL)
        #expect(try killed.result().status == 137)
        // Frozen processes of v1 do not die before they are thawed.
        for directory in place.directories("killed") {
            for (file, word) in [("freezer.state", "FROZEN"), ("cgroup.freeze", "1")] {
                try? Data(word.utf8).write(to: URL(filePath: "\(directory)/\(file)"))
            }
        }
        #expect(!place.directories("killed").isEmpty)

        let next = try place.run(["--name", "next"], "true")
        #expect(next.status == 0, "\(next.errors)")
        #expect(next.errors.contains("removed \(place.path)/run-killed"))
        #expect(place.directories("killed").isEmpty)
        #expect(!isRunning(leader))
        #expect(!place.directories("alive").isEmpty)
        alive.send(SIGTERM)
        #expect(try alive.result().status == 143)
    }

    @Test func shellOptionRunsALine() throws {
        let run = try place.run(["--shell"], "echo one; (exit 3)")
        #expect(run.output == "one\n")
        #expect(run.status == 3)
    }

    @Test func summarySaysIfIOIsNotCounted() throws {
        let run = try place.run(["--summary", "text"], "true")
        #expect(run.errors.contains("  I/O "), "\(run)")
        #expect(!run.errors.contains("I/O - read, - written"), "\(run)")
    }

    @Test func optionsOfRunAreNotPassedToTheCommand() throws {
        let help = try RunProgram.run(RunProgram.path, "run", "--help")
        #expect(help.status == 0)
        #expect(help.output.contains("--memory-total <size>"))
        let mistyped = try RunProgram.run(RunProgram.path, "run", "--memroy", "1MB", "true")
        #expect(mistyped.status == 64)
        #expect(mistyped.errors.contains("unknown option '--memroy'"))
        let theirs = try place.run([], "sh", "-c", "echo $1", "sh", "--help")
        #expect(theirs.output == "--help\n")
    }

    @Test(
        .enabled(
            if: ["/bin/bash", "/dev/fd"].allSatisfy {
                FileManager.default.fileExists(atPath: $0)
            },
            "no bash, or no /dev/fd"))
    func descriptorNamedByAnArgumentIsInherited() throws {
        let line =
            "exec 7</dev/null; exec '\(RunProgram.path)' run --parent \(place.path) "
            + "--summary none"
        let named = try RunProgram("/bin/bash", ["-c", "\(line) -- cat <(echo through)"]).result()
        #expect(named.output == "through\n", "\(named.errors)")
        let test = "-- sh -c 'test -e /proc/self/fd/7 && echo there || echo closed'"
        #expect(
            try RunProgram("/bin/bash", ["-c", "\(line) \(test)"]).result().output == "closed\n")
        let passed = try RunProgram("/bin/bash", ["-c", "\(line) --pass-fd 7 \(test)"]).result()
        #expect(passed.output == "there\n", "\(passed.errors)")
        let closed = try RunProgram("/bin/bash", ["-c", "\(line) --pass-fd 77 -- true"]).result()
        #expect(closed.status == 64 && closed.errors.contains("descriptor 77 is not open"))
    }

    @Test func concurrentRunsStart() throws {
        let runs = try (0..<4).map { try place.start(["--name", "n\($0)"], "true") }
        for run in runs {
            let result = try run.result()
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    /// An unreaped zombie does not count.
    private func isRunning(_ pid: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat.map { !$0.contains(") Z ") } ?? false
    }
}
