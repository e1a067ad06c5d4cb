import Foundation
import Glibc
import TestSupport
import Testing

/// Policies for people's own processes, as operators write them, over real work: judged by the
/// kernel's counters, and by what is left when the daemon ends.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelOperatorUserTests {
    private static let busy = "ulimit -t 90; while :; do :; done"

    @Test func heavyUserOnALoginNodeIsThrottled() throws {
        let scenario = try Scenario("users", "users/anna", "users/ben")
        let work = try scenario.start(Self.busy, in: "users/anna")
        try scenario.start("exec sleep 300", in: "users/anna")
        try scenario.start("exec sleep 300", in: "users/ben")
        let daemon = try scenario.watch(policy: "login")
        try scenario.eventually("anna is slowed down") {
            scenario.quota(of: "users/anna") == 0.02
        }
        let used = scenario.cpus(of: "users/anna", seconds: 3)
        #expect(used < 0.04, "\(used)")
        // The limit itself does not end the rule, so it does not go to and fro.
        #expect(scenario.quota(of: "users/anna") == 0.02)
        #expect(scenario.quota(of: "users/ben") == nil)
        #expect(try daemon.lines.firings(of: "computes") == 1)
        work.end()
        try scenario.eventually("anna has her share again") {
            scenario.quota(of: "users/anna") == nil
        }
        let writes = try daemon.lines.values(of: "cpu.max", on: scenario.path("users/anna"))
        #expect(writes.count <= 2, "\(writes)")
        try scenario.end(.restored)
    }

    @Test func desktopIndexerIsFrozenWhileProgramsNeedTheCPU() throws {
        let scenario = try Scenario("desktop", "desktop/apps", "desktop/indexer")
        let indexer = try scenario.start(Self.busy, in: "desktop/indexer")
        try scenario.start("exec sleep 300", in: "desktop/apps")
        let daemon = try scenario.watch(policy: "desktop")
        for round in 1...2 {
            let program = try scenario.start(Self.busy, in: "desktop/apps")
            try scenario.eventually("the indexer stands still, round \(round)") {
                scenario.isFrozen("desktop/indexer")
            }
            let before = scenario.cpuTime(of: "desktop/indexer")
            let apps = scenario.cpus(of: "desktop/apps", seconds: 1)
            #expect(apps > 0.01, "\(apps)")
            #expect(scenario.cpuTime(of: "desktop/indexer") - before < 20_000)
            #expect(try daemon.lines.firings(of: "pause-indexer") == round)
            // The second time the daemon ends while it is frozen.
            guard round == 1 else { break }
            program.end()
            try scenario.eventually("the indexer goes on") {
                !scenario.isAskedToFreeze("desktop/indexer")
                    && scenario.cpuTime(of: "desktop/indexer") > before + 50_000
            }
        }
        let before = scenario.cpuTime(of: "desktop/indexer")
        try scenario.end(.panicked)
        #expect(kill(indexer.pid, 0) == 0)
        try scenario.eventually("it runs") {
            scenario.cpuTime(of: "desktop/indexer") > before + 50_000
        }
    }

    @Test func forkBombIsFrozenAtItsLimit() throws {
        let scenario = try Scenario("sessions", "sessions/eve", "sessions/bob")
        // Should all else fail, the kernel still does not let it grow.
        try scenario.scratch.write("60", to: "pids.max", of: "sessions")
        try scenario.start("exec sleep 300", in: "sessions/eve")
        let bob = try scenario.start("exec sleep 300", in: "sessions/bob")
        let daemon = try scenario.watch(policy: "forkbomb")
        try scenario.eventually("the tasks are bounded") {
            scenario.text("pids.max", of: "sessions/eve") == "40"
        }
        try scenario.start(
            "exec perl -e 'for (1..240) { fork; select(undef, undef, undef, 0.3) }'",
            in: "sessions/eve")
        var most = 0
        try scenario.eventually("the bomb stands still") {
            most = max(most, scenario.tasks(in: "sessions/eve"))
            return scenario.isFrozen("sessions/eve")
        }
        #expect(most > 30 && most <= 40, "\(most)")
        let refused = scenario.number("max", in: "pids.events", of: "sessions/eve") ?? 0
        usleep(700_000)
        #expect(scenario.number("max", in: "pids.events", of: "sessions/eve") ?? 0 == refused)
        #expect(scenario.isFrozen("sessions/eve"))
        #expect(kill(bob.pid, 0) == 0 && !scenario.isAskedToFreeze("sessions/bob"))
        #expect(try daemon.lines.firings(of: "bomb") == 1)
        // It is thawed, because no process would be left to end its freeze.
        try scenario.end(.killed)
        #expect(!scenario.isAskedToFreeze("sessions/eve"))
    }

    @Test(
        .enabled(
            if: RealCgroups.hasLegacy || RealCgroups.hasUnified,
            "needs root and a memory controller"))
    func leakingProcessIsTerminatedBeforeTheOOMKiller() throws {
        let scenario = try Scenario("workers", "workers/leaky", "workers/sound")
        for file in ["memory.swap.max", "memory.swappiness"] {
            try? scenario.scratch.write("0", to: file, of: "workers/leaky")
        }
        let marker = "/dev/shm/cgwarden-test-\(getpid())-leak"
        defer { _ = unsafe unlink(marker) }
        let sound = try scenario.start(
            "exec perl -e '$x = \"a\" x (90 << 20); sleep 300'", in: "workers/sound")
        let daemon = try scenario.watch(policy: "leak")
        try scenario.eventually("it is bounded") {
            scenario.text("memory.max", "memory.limit_in_bytes", of: "workers/leaky")
                == "\(200 << 20)"
        }
        // It stays below its limit, should nobody ask it to end. A test's children have signals
        // blocked.
        try scenario.start(
            "exec perl -e 'use POSIX; sigprocmask(SIG_UNBLOCK, POSIX::SigSet->new(SIGTERM)); "
                + "$SIG{TERM} = sub { open F, \">\(marker)\"; print F \"asked\"; exit }; for (1..85) { push @x, \"a\" x (2 << 20); select(undef, undef, undef, 0.2) } "
                + "sleep 300'", in: "workers/leaky")
        try scenario.eventually("it ends") {
            scenario.tasks(in: "workers/leaky") == 0
                && FileManager.default.fileExists(atPath: marker)
        }
        #expect(scenario.refusals(of: "workers/leaky") == (0, 0))
        #expect(kill(sound.pid, 0) == 0)
        try scenario.eventually("the log tells it") {
            try daemon.lines.done("kill", on: scenario.path("workers/leaky")).count == 1
        }
        #expect(try daemon.lines.done("kill", on: scenario.path("workers/sound")).isEmpty)
        try scenario.end(.stopped)
    }
}
