import Foundation
import TestSupport
import Testing

/// The daemon from its start to its end, on scratch cgroups of the real kernel.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonTests {
    private let cgroup: ProgramCgroup
    private let member: ProgramRun
    private let original: String?

    init() throws {
        cgroup = try ProgramCgroup()
        member = try cgroup.start("echo ready; read line; exec sleep 300")
        original = cgroup.text("pids.max")
    }

    /// A limit that holds as long as the daemon does.
    private func limiting(_ defaults: String = "", to value: Int = 321) -> String {
        """
        defaults: {interval: 200ms\(defaults)}
        groups: {g: {path: "\(cgroup.path)"}}
        limits: [{on: g, set: {pids.max: \(value)}}]

        """
    }

    private func end() { member.send(SIGKILL) }

    private func awaitLimit(_ value: String = "321") throws {
        try awaiting("pids.max is \(value), not \(cgroup.text("pids.max") ?? "absent")") {
            cgroup.text("pids.max") == value
        }
    }

    @Test func daemonServesExplainsAndRestoresAtTheEnd() throws {
        defer { end() }
        let daemon = try RunningDaemon(
            limiting() + """
                rules:
                  - {name: many, on: g, when: pids.current > 1000, do: [{notify: {}}]}
                """)
        try awaitLimit()
        let text = try daemon.server.get().text
        for family in [
            "cgwarden_policy_firings_total{rule=\"many\"} 0",
            "cgwarden_policy_cgroups{rule=\"many\"} 1", "cgwarden_ticks_total ",
            "cgwarden_late_ticks_total ", "cgwarden_policy_duration_seconds ",
        ] { #expect(text.contains("\n\(family)"), "\(family)") }
        if ProgramRun.isInstalled("promtool") {
            let check = try ProgramRun.run(
                "promtool", ["check", "metrics"], input: Array(text.utf8))
            #expect(check.status == 0, "\(check.output)\(check.errors)")
        }
        let status = try daemon.ask("status")
        #expect(status.output.contains("1 rule, 1 standing limit, 0 guards"), "\(status)")
        let explained = try daemon.ask("policy", "explain", cgroup.path)
        #expect(explained.output.contains("pids.max") && explained.output.contains("321"))
        let result = try daemon.end()
        #expect(result.status == 0, "\(result.errors)")
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
        #expect(daemon.places.guardian == nil)
        #expect(try daemon.ask("status").status == 69)
    }

    @Test func secondDaemonIsRefused() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting())
        try awaitLimit()
        let second = try daemon.places.command(
            ["daemon", "--web.listen-address", "-"] + daemon.places.options)
        #expect(second.status == 75)
        #expect(second.errorLines.count == 1 && second.errors.contains("another daemon"))
        // Nor does its guardian.
        try daemon.awaitTicks(3)
        #expect(cgroup.text("pids.max") == "321")
        #expect(try daemon.ask("status").status == 0)
        #expect(try daemon.end().status == 0)
    }

    @Test func restoreOnExitFalseKeepsValuesButThaws() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting(", restore_on_exit: false") + freezing)
        try awaitLimit()
        try awaiting("it is frozen") { cgroup.isFrozen }
        #expect(try daemon.end().status == 0)
        #expect(!cgroup.isAskedToFreeze)
        #expect(cgroup.text("pids.max") == "321")
        #expect(try daemon.ask("restore").status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    private var freezing: String {
        """
        rules:
          - name: stop
            on: g
            when: pids.current >= 1
            until: pids.current < 1
            max_active: 5m
            do: [{freeze: {timeout: 60s, on_timeout: thaw}}]

        """
    }

    /// The same, once it has a second process.
    private var freezingOfTwo: String {
        freezing.replacingOccurrences(of: ">= 1", with: ">= 2")
            .replacingOccurrences(of: "< 1", with: "< 2")
    }

    @Test func panicRestoresAllAndStopsTheDaemon() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting() + freezing)
        try awaitLimit()
        try awaiting("it is frozen") { cgroup.isFrozen }
        let panic = try daemon.ask("panic")
        #expect(
            panic.output == "the daemon's changes are undone; daemon stopping\n", "\(panic.errors)")
        #expect(!cgroup.isAskedToFreeze)
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.run.result().status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    /// If no process is left to restore, the next daemon does, and reports it.
    @Test func changesOfADaemonKilledWithItsGuardianAreRestorable() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting() + freezing)
        try awaitLimit()
        try awaiting("it is frozen") { cgroup.isFrozen }
        let guardian = try #require(daemon.places.guardian)
        kill(guardian, SIGSTOP)
        daemon.run.send(SIGKILL)
        kill(guardian, SIGKILL)
        _ = try daemon.run.result()
        #expect(cgroup.isFrozen)
        try daemon.places.set("")
        let next = try RunningDaemon(daemon.places)
        #expect(next.run.errors.contains("left by an earlier daemon: \(cgroup.path)"))
        #expect(!cgroup.isAskedToFreeze)
        try awaiting("its limit is put back") { cgroup.text("pids.max") == original }
        let restored = try next.ask("restore")
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(!cgroup.isAskedToFreeze)
        #expect(cgroup.text("pids.max") == original)
        #expect(try next.end().status == 0)
    }

    /// A second stop signal during the restore does not interrupt it.
    @Test(arguments: RunningDaemon.isInGuest ? [0.1] : [0.0, 0.01, 0.1])
    func secondStopSignalDoesNotInterruptTheRestore(_ pause: Double) throws {
        defer { end() }
        let suffix = "-twice\(Int(pause * 1000))"
        let many = try (0..<20).map { _ in try ProgramCgroup(suffix) }
        let originals = many.map { $0.text("pids.max") }
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 200ms}
            groups:
              g: {path: "\(cgroup.path)"}
              many: {path: "/cgwarden-test-\(getpid())-*\(suffix)", populated: false}
            limits:
              - {on: g, set: {pids.max: 321}}
              - {on: many, set: {pids.max: 77, cpu.weight: 50}}

            """ + freezing)
        try awaiting("all are limited") { many.allSatisfy { $0.text("pids.max") == "77" } }
        try awaiting("it is frozen") { cgroup.isFrozen }
        daemon.run.send(SIGTERM)
        Thread.sleep(forTimeInterval: pause)
        daemon.run.send(SIGTERM)
        daemon.run.send(SIGINT)
        _ = try daemon.run.result()
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
        #expect(!cgroup.isAskedToFreeze)
        #expect(many.map { $0.text("pids.max") } == originals)
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// Nothing but their policies keeps the limits of the two apart.
    @Test func daemonBesideAnotherNamesIt() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting())
        try awaitLimit()
        let places = try DaemonPlaces("defaults: {interval: 200ms}\n")
        let result = try places.command(
            ["daemon", "-n", "2", "--web.listen-address", "-"] + places.options)
        #expect(result.status == 0, "\(result.errors)")
        let named = "state directory \(daemon.places.state)) runs on this host"
        #expect(result.errors.contains(named), "\(result.errors)")
        #expect(try daemon.end().status == 0)
    }

    @Test func daemonStopsAfterTheGivenTicks() throws {
        defer { end() }
        let places = try DaemonPlaces(limiting())
        let result = try places.command(
            ["daemon", "-n", "3", "--web.listen-address", "-"] + places.options)
        #expect(result.status == 0, "\(result.errors)")
        #expect(cgroup.text("pids.max") == original)
        // It was limited in the meantime.
        let kinds = places.records.compactMap { $0["phase"] as? String }
        #expect(kinds.contains("apply") && kinds.contains("undo"), "\(kinds)")
    }

    @Test func dryRunReportsAndWritesNothing() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting() + freezing, ["--dry-run"])
        try awaiting("it has fired") {
            try daemon.metric("cgwarden_policy_firings_total{rule=\"stop\"}") == 1
        }
        #expect(cgroup.text("pids.max") == original)
        #expect(!cgroup.isAskedToFreeze)
        #expect(daemon.places.guardian == nil)
        #expect(try daemon.end().status == 0)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
        let applied = daemon.places.records.filter { $0["action"] != nil }
        #expect(!applied.isEmpty && applied.allSatisfy { $0["dry_run"] as? Bool == true })
    }

    /// Actions that cannot be audited are not done; monitoring and restoring continue.
    @Test func nothingDisruptiveIsDoneIfTheAuditDiskIsFull() throws {
        defer { end() }
        let disk = try FullDisk()
        let daemon = try RunningDaemon(
            limiting() + freezingOfTwo, ["--audit", disk.file])
        // The log is written beside the actions, of which the limit is the first.
        var status = ""
        try awaiting("the loss is told: \(status)") {
            status = try daemon.ask("status").output
            return status.contains("No space left")
        }
        let second = try cgroup.start("echo ready; exec sleep 300")
        defer { second.send(SIGKILL) }
        try awaiting("the freeze was wanted") {
            try daemon.metric("cgwarden_policy_firings_total{rule=\"stop\"}") ?? 0 >= 1
        }
        try daemon.awaitTicks(5)
        #expect(!cgroup.isAskedToFreeze)
        let ticks = try #require(try daemon.metric("cgwarden_ticks_total"))
        #expect(ticks > 5)
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// Rows 32 and 18: three times it is written again; then the other one has it, which is told
    /// once, and nobody's value is overwritten at the end.
    @Test func valueThatAnotherProgramKeepsChangingIsGivenUp() throws {
        defer { end() }
        let daemon = try RunningDaemon(limiting())
        for _ in 0..<3 {
            try awaitLimit()
            // A sample has to show the value before a change counts as external.
            try daemon.awaitTicks(4)
            try cgroup.write("99", to: "pids.max")
        }
        try awaitLimit()
        try daemon.awaitTicks(4)
        try cgroup.write("99", to: "pids.max")
        try awaiting("it is told") {
            daemon.places.records.contains { ($0["note"] as? String)?.contains("given up") == true }
        }
        try daemon.awaitTicks(5)
        #expect(cgroup.text("pids.max") == "99")
        let drifts = daemon.places.records.filter { $0["phase"] as? String == "drift" }
        #expect(
            drifts.compactMap { ($0["note"] as? String)?.components(separatedBy: ": ").last }
                == ["written again", "written again", "written again", "given up"])
        let notices = daemon.places.records.filter { $0["action"] as? String == "notify" }
        #expect(notices.count == 1, "\(notices)")
        _ = try daemon.end()
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
        #expect(cgroup.text("pids.max") == "99")
        let restored = try daemon.ask("restore")
        #expect(restored.status == 75 && restored.output.contains("left alone"), "\(restored)")
        #expect(try daemon.ask("restore", "--force").status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    /// Row 46: the disk of the audit log fills up, and there is room again.
    @Test(.enabled(if: ProgramRun.isInstalled("unshare"), "it needs unshare"))
    func disruptiveActionsResumeOnceTheAuditLogIsWritable() throws {
        defer { end() }
        let places = try DaemonPlaces(
            "defaults: {interval: 100ms, cooldown: 100ms}\nbudgets: {freeze: 100/10s}\n"
                + limiting().split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
                + freezingOfTwo)
        let log = "\(places.folder)/log"
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        // A private disk.
        let words =
            ["exec", ProgramRun.cgwarden, "daemon", "--web.listen-address", "-"] + places.options
        let daemon = try ProgramRun(
            "unshare",
            [
                "--mount", "sh", "-c",
                "mount -t tmpfs -o size=256k none \(log) && " + words.joined(separator: " "),
            ])
        let seen = "/proc/\(daemon.pid)/root\(log)"
        try awaitLimit()
        // Filled to the last byte.
        let ballast = "\(seen)/ballast"
        try Data().write(to: URL(filePath: ballast))
        let file = try FileHandle(forWritingTo: URL(filePath: ballast))
        for size in [4096, 1] {
            while (try? file.write(contentsOf: Data(repeating: 0, count: size))) != nil {}
        }
        // Its last page has room for some lines yet, one of which each reload writes. To ask after
        // each would take a guest longer than the wait is bounded to.
        try awaiting("the loss is told") {
            for _ in 0..<10 {
                daemon.send(SIGHUP)
                Thread.sleep(forTimeInterval: 0.1)
            }
            return try places.command(["status"]).output
                .contains(/of the audit log (was|were) lost/)
        }
        let second = try cgroup.start("echo ready; exec sleep 300")
        defer { second.send(SIGKILL) }
        let before = try ticks(places)
        // The ticks continue.
        try awaiting("ten more ticks") { try ticks(places) >= before + 10 }
        #expect(!cgroup.isAskedToFreeze)
        let status = try places.command(["status"]).output
        #expect(status.contains("no disruptive action is taken: cannot write"), "\(status)")
        // With room it acts, and writes whole lines again. A process that was started meanwhile may
        // have the file open, too.
        try file.truncate(atOffset: 0)
        try file.close()
        try awaiting(
            "it is frozen; \((try? places.command(["status"]).output) ?? "")"
        ) { cgroup.isFrozen }
        let lines = try String(contentsOfFile: "\(seen)/audit.jsonl", encoding: .utf8)
            .split(separator: "\n")
        for line in lines {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
        }
        daemon.send(SIGTERM)
        #expect(try daemon.result().status == 0)
        #expect(!cgroup.isAskedToFreeze)
        #expect(cgroup.text("pids.max") == original)
        #expect(try places.command(["restore"]).output == "nothing to undo\n")
    }

    private func ticks(_ places: DaemonPlaces) throws -> Int {
        let status = try places.command(["status"]).output
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("ticks") })
        return try #require(Int(line.dropFirst(5).drop { $0 == " " }.prefix { $0.isNumber }))
    }
}
