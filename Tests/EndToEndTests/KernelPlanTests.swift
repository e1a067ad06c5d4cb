import Foundation
import TestSupport
import Testing

/// Dry runs of the acting commands, and the exit status of refusals.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelPlanTests {
    private let cgroup: ProgramCgroup
    private let member: ProgramRun
    private let places: DaemonPlaces

    init() throws {
        cgroup = try ProgramCgroup()
        member = try cgroup.start("echo ready; exec sleep 300")
        places = try DaemonPlaces("")
    }

    private func end() { member.send(SIGKILL) }

    private func run(_ words: String...) throws -> ProgramRun.Result {
        try places.command(words)
    }

    @Test func dryRunOfEveryActionChangesNothing() throws {
        defer { end() }
        let path = cgroup.path
        let stranger = try ProgramRun("sleep", ["300"])
        defer { stranger.send(SIGKILL) }
        let plans: [([String], String)] = [
            (["freeze", path], "would freeze \(path): 1 process"),
            (
                ["kill", path],
                "would kill 1 process of \(path) with SIGTERM, and with SIGKILL after 10s"
            ),
            (["kill", "--grace", "0s", path], "would kill 1 process of \(path) with SIGKILL"),
            (["pin", "--cpus", "0", path], "would write, in this order:\n"),
            (["set", path, "pids.max=500"], "would write, in this order:\n"),
            (["reclaim", "--all", path], "would reclaim as much as possible from \(path): usage "),
            (["move", "\(stranger.pid)", path], "would move process \(stranger.pid) to \(path) "),
            (["create", "\(path)/new"], "would create \(path)/new in "),
            (["remove", "--kill", path], "would remove \(path) ("),
            (["thaw", path], "\(path) was not frozen"),
        ]
        for (words, says) in plans {
            let result = try places.command(words + ["--dry-run"])
            #expect(result.status == 0, "\(words): \(result.errors)")
            #expect(result.output.hasPrefix(says), "\(words): \(result.output)")
        }
        #expect(member.isRunning && !cgroup.isAskedToFreeze)
        #expect(cgroup.text("pids.max") == "max")
        for directory in cgroup.directories {
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/new"))
            let pids = try String(contentsOfFile: "\(directory)/cgroup.procs", encoding: .utf8)
            #expect(pids == "\(member.pid)\n")
        }
        #expect(try run("journal").output == "nothing to undo\n")
    }

    /// Other commands take a bare name for that of an existing cgroup.
    @Test func createNotesThatABareNameIsAtTheTop() throws {
        defer { end() }
        let result = try run("create", "cgwarden-test-none", "--dry-run")
        #expect(result.status == 0)
        #expect(
            result.errors
                == "cgwarden: note: 'cgwarden-test-none' is not a path, so the cgroup is at the "
                + "top of the hierarchy: /cgwarden-test-none\n")
    }

    @Test func dryRunOfThawNamesTheFrozenCgroup() throws {
        defer { end() }
        #expect(try run("freeze", cgroup.path).status == 0)
        let plan = try run("thaw", cgroup.path, "--dry-run")
        #expect(plan.output.hasPrefix("would thaw \(cgroup.path) ("), "\(plan)")
        #expect(cgroup.isFrozen)
        #expect(try run("thaw", cgroup.path).output.hasPrefix("thawed \(cgroup.path) ("))
        #expect(!cgroup.isAskedToFreeze)
    }

    /// The kernel would resolve them, and the change would be another cgroup's.
    @Test(arguments: [["create"], ["create", "--dry-run"], ["run", "--parent"]])
    func pathsWithDotsNameNoCgroup(_ command: [String]) throws {
        defer { end() }
        for path in ["\(cgroup.path)/a/../b", "\(cgroup.path)/./b", "\(cgroup.path)/.."] {
            let rest = command[0] == "run" ? [path, "--", "true"] : [path]
            let result = try places.command(command + rest)
            #expect(result.status == 64, "\(path): \(result)")
            #expect(result.errors.contains("cannot be named . or .."), "\(result.errors)")
        }
        #expect(try run("journal").output == "nothing to undo\n")
        for directory in cgroup.directories {
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/a"))
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/b"))
        }
        #expect(try run("get", "\(cgroup.path)/../\(cgroup.path)").status == 66)
    }

    /// A dry run refuses what the action would refuse, with the same words.
    @Test func dryRunRefusesWhatTheActionRefuses() throws {
        defer { end() }
        let own = try #require(
            try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
                .split(separator: "\n").last?.split(separator: ":").last.map(String.init))
        var commands = [
            ["kill", "/"], ["freeze", "/"], ["remove", "/"], ["remove", cgroup.path],
        ]
        if own != "/" { commands += [["kill", own], ["freeze", own]] }
        for words in commands {
            let plan = try places.command(words + ["--dry-run"])
            let action = try places.command(words)
            #expect(plan.status == action.status && plan.status != 0, "\(words): \(plan)")
            #expect(plan.errors == action.errors, "\(words)")
            #expect(plan.bytes.isEmpty)
        }
    }

    /// An error has the same exit status in every command.
    @Test func sameErrorHasTheSameExitStatusInAllCommands() throws {
        defer { end() }
        let path = cgroup.path
        let missing = "/cgwarden-test-none"
        let mistakes: [(String, Int32, [[String]])] = [
            (
                "no such cgroup", 66,
                [
                    ["set", missing, "pids.max=5"], ["get", missing], ["freeze", missing],
                    ["thaw", missing], ["kill", missing], ["pin", "--cpus", "0", missing],
                    ["reclaim", "--all", missing], ["move", "\(member.pid)", missing],
                    ["remove", missing], ["show", missing], ["hold", missing, "1m"],
                    ["policy", "explain", missing],
                ]
            ),
            (
                "a cgroup that exists", 73,
                [["create", path], ["create", path, "--dry-run"], ["create", "/"]]
            ),
            ("no such process", 66, [["move", "4194305", path], ["show", "--pid", "4194305"]]),
            (
                "CPUs that the machine lacks", 69,
                [
                    ["set", path, "cpuset.cpus=4000"], ["pin", "--cpus", "4000", path],
                    ["set", path, "cpuset.cpus=4000", "--dry-run"],
                    ["pin", "--cpus", "4000", path, "--dry-run"],
                ]
            ),
            (
                "the whole host", 77,
                [
                    ["freeze", "/"], ["kill", "/"], ["pin", "--cpus", "0", "/"],
                    ["reclaim", "--all", "/"], ["remove", "/"], ["set", "/", "pids.max=5"],
                ]
            ),
            (
                "a value that is none", 64,
                [
                    ["set", path, "cpuset.cpus=x"], ["pin", "--cpus", "x", path],
                    ["set", path, "pids.max=-1"], ["reclaim", path, "x"],
                ]
            ),
        ]
        for (mistake, status, commands) in mistakes {
            for words in commands {
                let result = try places.command(words)
                #expect(result.status == status, "\(mistake): \(words): \(result)")
                #expect(result.bytes.isEmpty, "\(mistake): \(words)")
            }
        }
        let inUse = [
            ["remove", path], ["freeze", path],
        ]
        #expect(try run("freeze", path).status == 0)
        for words in inUse {
            #expect(try places.command(words).status == 75, "\(words)")
        }
        #expect(try run("thaw", path).status == 0)
    }

    /// v1 refuses to take from a child what it has.
    @Test func childInTheWayIsBusyForSetAndPin() throws {
        defer { end() }
        guard ProgramCgroup.trees.contains(where: { $0.options.contains("cpuset") }) else { return }
        let child = try ProgramCgroup(bytes: Array("child".utf8), below: cgroup)
        let online = try String(contentsOfFile: "/sys/devices/system/cpu/online", encoding: .utf8)
        guard online.trimmingCharacters(in: .whitespacesAndNewlines) != "0" else { return }
        for words in [["set", cgroup.path, "cpuset.cpus=0"], ["pin", "--cpus", "0", cgroup.path]] {
            let result = try places.command(words)
            #expect(result.status == 75, "\(words): \(result)")
            #expect(result.errors.contains(child.path))
        }
    }

    @Test func limitAboveTheHostsCPUsIsNoted() throws {
        defer { end() }
        for words in [
            ["set", cgroup.path, "cpu.max=5000cpus"], ["set", cgroup.path, "cpu.max=900%host"],
        ] {
            let result = try places.command(words)
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.contains("exceeds the "), "\(result.errors)")
            #expect(result.errors.contains("of this host"))
        }
        #expect(try run("restore").status == 0)
        let told = try run("run", "--cpus", "5000", "--", "true")
        #expect(told.status == 0 && told.errors.contains("exceeds the "), "\(told)")
    }

    /// Created on demand, a misspelled parent would have none of the limits of the right one.
    @Test func runRefusesAMissingParent() throws {
        defer { end() }
        let missing = "\(cgroup.path)/nosuch"
        let result = try places.command(["run", "--parent", missing, "--", "true"])
        #expect(result.status == 66, "\(result)")
        #expect(
            result.errors
                == "cgwarden: no cgroup \(missing) to run in; create it: cgwarden create "
                + "\(missing)\n")
        for directory in cgroup.directories {
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/nosuch"))
        }
    }

    @Test func moveNotesThatMemoryInUseStaysCharged() throws {
        defer { end() }
        guard cgroup.directory(of: "memory") != nil else { return }
        let process = try ProgramRun("sleep", ["300"], input: nil)
        defer {
            process.send(SIGKILL)
            _ = try? process.result()
        }
        let moved = try places.command(["move", "\(process.pid)", cgroup.path])
        #expect(moved.status == 0)
        #expect(
            moved.errors.hasSuffix(
                "; \(cgroup.path) counts only what they use from now on\n"), "\(moved.errors)")
        #expect(moved.errors.contains("note: memory already in use stays charged to /"))
        // It leaves no cgroup, so there is nothing to note.
        #expect(try places.command(["move", "\(process.pid)", cgroup.path]).errors == "")
    }
}
