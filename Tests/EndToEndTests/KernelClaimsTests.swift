import Foundation
import Glibc
import TestSupport
import Testing

/// A person's command against a value that the daemon manages.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelClaimsTests {
    private let cgroup: ProgramCgroup
    private let member: ProgramRun
    private let original: String?

    init() throws {
        cgroup = try ProgramCgroup()
        member = try cgroup.start("echo ready; exec sleep 300")
        original = cgroup.text("pids.max")
    }

    private var policy: String {
        """
        defaults: {interval: 200ms}
        groups: {g: {path: "\(cgroup.path)"}}
        limits:
          - {on: g, set: {pids.max: 321}}
          - {on: g, set: {cpu.weight: 50}, when: host.load > 100000}

        """
    }

    private func end() { member.send(SIGKILL) }

    private func limited() throws -> RunningDaemon {
        let daemon = try RunningDaemon(policy)
        try awaitLimit()
        return daemon
    }

    private func awaitLimit(_ value: String = "321") throws {
        try awaiting("pids.max is \(value), not \(cgroup.text("pids.max") ?? "absent")") {
            cgroup.text("pids.max") == value
        }
    }

    private func drifts(_ daemon: RunningDaemon) -> Int {
        daemon.places.records.count { $0["phase"] as? String == "drift" }
    }

    private func lines(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    @Test func setNamesTheRuleAndTheDaemonRestoresTheUsersValue() throws {
        defer { end() }
        let daemon = try limited()
        // A sample has to show the value before another one counts as a change.
        try daemon.awaitTicks(4)
        let set = try daemon.ask("set", cgroup.path, "pids.max=500")
        #expect(set.status == 0 && set.output.contains("applied"), "\(set)")
        #expect(
            set.errors.contains(
                "pids.max of \(cgroup.path) is managed by limits[0] of g: it will be reset"),
            "\(set.errors)")
        #expect(set.errors.contains("cgwarden hold \(cgroup.path)"))
        try awaiting("the daemon has seen it") { drifts(daemon) > 0 }
        try awaitLimit()
        let rows = lines(try daemon.ask("journal").output)
        let head = try #require(rows.first)
        #expect(
            head == ["CGROUP", "HIERARCHY", "WHAT", "WAS", "SET", "NOW", "BY", "AGE", "CHANGE"])
        let values = rows.filter { $0.contains("pids.max") }.map { Array($0[3...5]) }
        #expect(values == [[original ?? "", "500", "321"], ["500", "321", "321"]])
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("pids.max") == "500")
        #expect(try daemon.ask("restore").status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    @Test func daemonThatStopsBeforeSeeingAUsersChangeKeepsIt() throws {
        defer { end() }
        let daemon = try limited()
        try daemon.places.set(
            policy.replacingOccurrences(of: "interval: 200ms", with: "interval: 1h"))
        daemon.run.send(SIGHUP)
        try awaiting("policy reloaded") {
            daemon.run.errors.contains("policy reloaded")
        }
        // One may be in progress.
        try awaiting("a second without a tick") {
            let before = try daemon.metric("cgwarden_ticks_total")
            Thread.sleep(forTimeInterval: 1)
            return try daemon.metric("cgwarden_ticks_total") == before
        }
        #expect(try daemon.ask("set", cgroup.path, "pids.max=500").status == 0)
        let ended = try daemon.end()
        #expect(ended.status == 0)
        #expect(!ended.errors.contains("not everything could be restored"), "\(ended.errors)")
        #expect(cgroup.text("pids.max") == "500")
        #expect(try daemon.ask("restore").status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    @Test func dryRunAndJSONNameTheRuleToo() throws {
        defer { end() }
        let daemon = try limited()
        let dry = try daemon.ask("set", cgroup.path, "pids.max=500", "--dry-run")
        #expect(dry.errors.contains("managed by limits[0] of g"), "\(dry.errors)")
        let json = try daemon.ask("set", cgroup.path, "pids.max=500", "--dry-run", "--json")
        #expect(json.output.contains("managed by limits[0] of g") && json.errors.isEmpty)
        // Unmanaged values need no note.
        let other = try daemon.ask("set", cgroup.path, "cpu.weight=70", "--dry-run")
        #expect(other.status == 0 && other.errors.isEmpty, "\(other.errors)")
    }

    @Test func valueOnHoldIsNotReset() throws {
        defer { end() }
        let daemon = try limited()
        let hold = try daemon.ask("hold", cgroup.path, "5m")
        #expect(hold.status == 0 && hold.output.contains("5 min left"), "\(hold)")
        // The daemon's view of holds is at most a second old.
        Thread.sleep(forTimeInterval: 1.5)
        try daemon.awaitTicks(2)
        let set = try daemon.ask("set", cgroup.path, "pids.max=500")
        #expect(set.status == 0 && !set.errors.contains("managed"), "\(set.errors)")
        let seen = try #require(try daemon.metric("cgwarden_ticks_total"))
        try awaiting("ten more ticks") {
            try daemon.metric("cgwarden_ticks_total") ?? 0 >= seen + 10
        }
        #expect(cgroup.text("pids.max") == "500")
        #expect(try daemon.ask("hold").output.contains(cgroup.path))
        for outcome in ["released \(cgroup.path)\n", "\(cgroup.path) was not on hold\n"] {
            let release = try daemon.ask("hold", cgroup.path, "--release")
            #expect(release.status == 0 && release.output == outcome, "\(release)")
        }
        #expect(try daemon.ask("hold").output == "no cgroup is on hold\n")
        #expect(try daemon.end().status == 0)
    }

    @Test func hungDaemonDoesNotBlockCommands() throws {
        defer { end() }
        let daemon = try limited()
        defer { daemon.run.send(SIGCONT) }
        // Stopped while it writes its journal, it would keep the lock from every command.
        let journal = unsafe open("\(daemon.places.state)/journal", O_RDWR)
        defer { close(journal) }
        try awaiting("it stops without the journal's lock") {
            daemon.run.send(SIGSTOP)
            try awaiting("it is stopped") { daemon.run.isStopped }
            if flock(journal, LOCK_EX | LOCK_NB) == 0 { return flock(journal, LOCK_UN) == 0 }
            daemon.run.send(SIGCONT)
            return false
        }
        // More of them than its socket's backlog has room for.
        for round in 0..<20 {
            let set = try daemon.ask("set", cgroup.path, "pids.max=\(500 + round)")
            #expect(set.status == 0, "\(set.errors)")
            #expect(set.errors.contains("the daemon does not respond"), "\(set.errors)")
        }
        #expect(cgroup.text("pids.max") == "519")
        let hold = try daemon.ask("hold", cgroup.path, "5m")
        #expect(hold.status == 75 && hold.output.isEmpty, "\(hold)")
    }

    @Test func holdFailsWithoutADaemon() throws {
        defer { end() }
        let places = try DaemonPlaces("")
        let hold = try places.command(["hold", cgroup.path, "5m"])
        #expect(hold.status == 69 && hold.output.isEmpty, "\(hold)")
        #expect(hold.errors.contains("no daemon listens"))
        #expect(try places.command(["hold"]).output == "no cgroup is on hold\n")
        let set = try places.command(["set", cgroup.path, "pids.max=500"])
        #expect(set.status == 0 && set.errors.isEmpty, "\(set.errors)")
        #expect(try places.command(["restore"]).status == 0)
    }

    @Test func explainAcceptsTheNamesThatShowAccepts() throws {
        defer { end() }
        let daemon = try limited()
        // The limit is set at the cgroup's birth, before the first sample has it.
        try awaiting("a sample with the limit") {
            try daemon.ask("policy", "explain", cgroup.path).output.contains("is 321")
        }
        let name = String(cgroup.path.dropFirst())
        let tree = try #require(ProgramCgroup.trees.first)
        let answers = try [cgroup.path, name, tree.mountPoint + cgroup.path].map {
            try daemon.ask("policy", "explain", $0)
        }
        for answer in answers {
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(answer.output.contains("pids.max  is 321, requested 321"), "\(answer.output)")
            #expect(
                answer.output.contains(
                    """
                    limits[1] of g: set cpu.weight=50
                        not active because host.load > 100000 is false
                    """), "\(answer.output)")
        }
        let missing = try daemon.ask("policy", "explain", "/cgwarden-test-none")
        #expect(missing.status == 66 && missing.output.isEmpty, "\(missing)")
        #expect(missing.errors.contains("no cgroup /cgwarden-test-none"))
        #expect(try daemon.end().status == 0)
    }
}
