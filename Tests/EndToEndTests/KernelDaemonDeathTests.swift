import Foundation
import KernelIO
import TestSupport
import Testing

/// Cgroups when the daemon is killed while it freezes, limits and guards them.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonDeathTests {
    /// `CGWARDEN_DAEMON_KILLS` asks for more.
    private static let kills =
        ProcessInfo.processInfo.environment["CGWARDEN_DAEMON_KILLS"].flatMap { Int($0) }
        ?? (RunningDaemon.isInGuest ? 2 : 10)

    @Test func daemonKilledAtAnyTimeLeavesNothingFrozenAndIsRestored() throws {
        var moments: [String: Int] = [:]
        var slowest = 0.0
        for round in 0..<Self.kills {
            let victims = try DaemonVictims()
            defer { victims.end() }
            let daemon = try RunningDaemon(victims.policy())
            let wait = Double.random(in: 0...(RunningDaemon.isInGuest ? 6 : 1.4))
            Thread.sleep(forTimeInterval: wait)
            let moment = victims.moment
            daemon.run.send(SIGKILL)
            let start = ContinuousClock.now
            moments[moment, default: 0] += 1
            try awaiting(
                "all go on after \(wait) s (\(moment)), round \(round); \(daemon.places.remains)"
            ) {
                !victims.isHeld
            }
            let time = Double((ContinuousClock.now - start) / .milliseconds(1))
            slowest = max(slowest, time)
            try awaiting("the guardian has done its work") {
                daemon.places.guardian == nil
            }
            #expect(!victims.isHeld)
            let restored = try daemon.ask("restore")
            #expect(restored.status == 0, "round \(round): \(restored.output)\(restored.errors)")
            // A limit below current usage cannot be set.
            victims.end()
            if !victims.changed.isEmpty { _ = try daemon.ask("restore") }
            #expect(victims.changed.isEmpty, "round \(round): \(victims.changed)")
            #expect(try daemon.ask("restore").output == "nothing to undo\n")
        }
        print(
            "daemon: \(Self.kills) kills, nothing frozen and the OOM killer back after at most "
                + "\(slowest) ms; \(moments.sorted { $0.key < $1.key })")
    }

    /// The kernel closes the files of a killed daemon one after another: on a busy machine its lock
    /// outlasts the pipe to its guardian, which must not take that lock for another daemon's.
    @Test(.enabled(if: ProgramRun.isInstalled("perl"), "perl is not installed"))
    func theGuardianThawsAlthoughTheLockOfTheDeadDaemonLasts() throws {
        let victims = try DaemonVictims()
        defer { victims.end() }
        let daemon = try RunningDaemon(victims.policy(longest: "1h"))
        try awaiting("it is frozen") { victims.busy.isAskedToFreeze }
        let descriptors = "/proc/\(daemon.run.pid)/fd"
        let lock = try #require(
            FileManager.default.contentsOfDirectory(atPath: descriptors).first { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "\(descriptors)/\(name)")
                return target?.hasSuffix("/daemon.lock") ?? false
            })
        // pidfd_open(2), and pidfd_getfd(2): the same open file, and so the same lock.
        let heir = try ProgramRun(
            "perl",
            [
                "-e",
                "$| = 1; my $fd = syscall(438, syscall(434, \(daemon.run.pid), 0), \(lock), 0);"
                    + " print $fd < 0 ? \"not had: $!\" : \"held\", \"\\n\"; sleep 300",
            ])
        defer { heir.send(SIGKILL) }
        try awaiting("the lock is shared") { !heir.bytes.isEmpty }
        try #require(String(decoding: heir.bytes, as: UTF8.self) == "held\n")
        daemon.run.send(SIGKILL)
        try awaiting("all go on") { !victims.isHeld }
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
    }

    /// Row 20: nobody samples any more, for the daemon stands still, and what it froze goes on when
    /// it should.
    ///
    /// It may have stopped in the middle of an entry, with the journal locked.
    @Test(arguments: [false, true]) func freezeEndsInTimeWithoutSamples(isLocked: Bool) throws {
        for seconds in [2, 20] {
            let cgroup = try ProgramCgroup("-stalled")
            let member = try cgroup.start("echo ready; exec sleep 300")
            defer { member.send(SIGKILL) }
            let before = ContinuousClock.now
            let daemon = try RunningDaemon(
                """
                defaults: {interval: 100ms}
                groups: {g: {path: "\(cgroup.path)"}}
                rules:
                  - name: stop
                    on: g
                    when: pids.current >= 1
                    until: pids.current < 1
                    max_active: 10m
                    do: [{freeze: {timeout: \(seconds)s, on_timeout: thaw}}]

                """)
            try awaiting("it is frozen") { cgroup.isAskedToFreeze }
            daemon.run.send(SIGSTOP)
            defer { daemon.run.send(SIGCONT) }
            let journal = "\(daemon.places.state)/journal"
            let lock = isLocked ? try? LogFile(journal, patience: .zero) : nil
            // A slow machine may come too late to stop it.
            guard cgroup.isAskedToFreeze else { continue }
            try awaiting("it goes on") { !cgroup.isAskedToFreeze }
            #expect(ContinuousClock.now - before >= .seconds(seconds))
            _ = consume lock
            daemon.run.send(SIGKILL)
            try awaiting("the guardian has ended") { daemon.places.guardian == nil }
            #expect(try daemon.ask("restore").output == "nothing to undo\n")
            return
        }
        Issue.record("the daemon was not stopped in time")
    }

    /// The daemon's end, of whatever kind, takes back what the daemon did and nothing else.
    @Test(arguments: [SIGKILL, SIGTERM]) func valueSetByAUserSurvivesTheDaemonsDeath(
        _ signal: Int32
    ) throws {
        let byHand = try ProgramCgroup("-hand")
        let both = try ProgramCgroup("-both")
        let originals = [byHand, both].map { $0.text("pids.max") }
        let places = try DaemonPlaces(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(both.path)", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        for cgroup in [byHand, both] {
            let set = try places.command(["set", cgroup.path, "pids.max=55"])
            #expect(set.status == 0, "\(set.errors)")
        }
        let daemon = try RunningDaemon(places)
        try awaiting("the limit of the policy") { both.text("pids.max") == "321" }
        daemon.run.send(signal)
        _ = try daemon.run.result()
        try awaiting("the guardian has ended") { places.guardian == nil }
        #expect(both.text("pids.max") == "55")
        #expect(byHand.text("pids.max") == "55")
        let listed = try places.command(["journal", "--json"])
        #expect(!listed.output.contains("\"owner\":\"daemon\""), "\(listed.output)")
        // ExecStopPost of the unit, after any abnormal end.
        #expect(try places.command(["restore", "--owner", "daemon"]).status == 0)
        #expect(both.text("pids.max") == "55" && byHand.text("pids.max") == "55")
        #expect(try places.command(["restore"]).status == 0)
        #expect([byHand, both].map { $0.text("pids.max") } == originals)
    }
}
