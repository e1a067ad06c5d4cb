import Foundation
import Glibc
import TestSupport
import Testing

/// What becomes of cgroups when the daemon and its guardian are killed together, so that nobody is
/// left who would put anything right: the next daemon, or `restore`, does.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDoubleDeathTests {
    /// `CGWARDEN_DOUBLE_KILLS` asks for more.
    private static let kills =
        ProcessInfo.processInfo.environment["CGWARDEN_DOUBLE_KILLS"].flatMap { Int($0) }
        ?? (RunningDaemon.isInGuest ? 2 : 6)

    /// The next daemon.
    private enum Successor: String, CaseIterable {
        case restore
        /// A daemon whose policy wants nothing of what was done.
        case otherPolicy
        /// A daemon with the same policy, which ends by itself later.
        case samePolicy
    }

    /// Kills both together.
    private func killBoth(_ daemon: RunningDaemon) throws {
        // A daemon that runs may start another guardian in between.
        try daemon.run.stop()
        let guardian = try #require(daemon.places.guardian)
        kill(guardian, SIGKILL)
        try awaiting("nobody stands by") { daemon.places.guardian == nil }
        daemon.run.send(SIGKILL)
        _ = try daemon.run.result()
    }

    @Test func nextDaemonCleansUpAfterDaemonAndGuardianDie() throws {
        var moments: [String: Int] = [:]
        for round in 0..<Self.kills {
            let victims = try DaemonVictims()
            defer { victims.end() }
            let daemon = try RunningDaemon(victims.policy())
            Thread.sleep(
                forTimeInterval: Double.random(in: 0...(RunningDaemon.isInGuest ? 6 : 1.4)))
            try killBoth(daemon)
            let successor = Successor.allCases[round % Successor.allCases.count]
            let what = "round \(round), \(successor): \(victims.moment)"
            moments["\(successor) \(victims.moment)", default: 0] += 1
            switch successor {
            case .restore: break
            case .otherPolicy:
                try daemon.places.set("defaults: {interval: 100ms}\n")
                let next = try RunningDaemon(daemon.places)
                try awaiting("nothing is held, \(what)") { !victims.isHeld }
                victims.end()
                try awaiting("all is put back, \(what)") { victims.changed.isEmpty }
                #expect(try next.end().status == 0, "\(what)")
            case .samePolicy:
                let next = try RunningDaemon(daemon.places)
                Thread.sleep(forTimeInterval: Double.random(in: 0...1))
                let ended = try next.end()
                #expect(!victims.isHeld, "\(what): \(ended.errors)")
            }
            // A limit below current usage cannot be set.
            victims.end()
            try awaiting("all is put back, \(what)") {
                let restored = try daemon.ask("restore")
                return restored.status == 0
            }
            #expect(!victims.isHeld, "\(what)")
            #expect(victims.changed.isEmpty, "\(what): \(victims.changed)")
            #expect(try daemon.ask("restore").output == "nothing to undo\n", "\(what)")
        }
        print("daemon and guardian: \(Self.kills) kills; \(moments.sorted { $0.key < $1.key })")
    }

    /// A guard with a long patience, and a policy that does not guard any more: only what was
    /// recorded tells that the cgroup may not stay so.
    @Test func cgroupLeftFrozenByAGuardIsThawedBeforeTheNextDaemonServes() throws {
        for _ in 1...20 {
            let victims = try DaemonVictims()
            defer { victims.end() }
            let daemon = try RunningDaemon(victims.policy(longest: "10m"))
            try awaiting("both are frozen, but: \(victims.moment)") {
                victims.guarded.isAskedToFreeze && victims.busy.isAskedToFreeze
            }
            try killBoth(daemon)
            guard victims.guarded.isAskedToFreeze && victims.busy.isAskedToFreeze else {
                // The guard raised the limit and thawed in between.
                victims.end()
                #expect(try daemon.ask("restore").status == 0)
                continue
            }
            try daemon.places.set("")
            let next = try RunningDaemon(daemon.places)
            #expect(!victims.isHeld)
            try awaiting("the limits are put back") { victims.changed.isEmpty }
            #expect(try next.end().status == 0)
            #expect(try daemon.ask("restore").output == "nothing to undo\n")
            return
        }
        Issue.record("the guard was faster every time")
    }

    /// The same, but the next daemon's policy is invalid.
    @Test func frozenCgroupIsThawedEvenIfTheNextPolicyIsInvalid() throws {
        let victims = try DaemonVictims()
        defer { victims.end() }
        let daemon = try RunningDaemon(victims.policy(longest: "10m"))
        try awaiting("it is frozen") { victims.busy.isAskedToFreeze }
        try killBoth(daemon)
        try daemon.places.set("nonsense: true\n")
        let next = try daemon.places.command(
            ["daemon", "--web.listen-address", "-"] + daemon.places.options)
        #expect(next.status == 78, "\(next.errors)")
        #expect(!victims.isHeld, "\(next.errors)")
        victims.end()
        #expect(try daemon.ask("restore").status == 0)
        #expect(victims.changed.isEmpty, "\(victims.changed)")
    }

    /// On v1 the file says that the OOM killer is off, which it was not before the first daemon.
    @Test func nextGuardRestoresTheValueBeforeTheFirst() throws {
        let victims = try DaemonVictims()
        defer { victims.end() }
        let daemon = try RunningDaemon(victims.policy(longest: "10m"))
        try awaiting("it is frozen") { victims.guarded.isAskedToFreeze }
        try killBoth(daemon)
        let next = try RunningDaemon(daemon.places)
        try awaiting("it is guarded again; it said: \(next.run.errors)") {
            try next.metric(
                "cgwarden_guard_state{guard=\"guarding\",cgroup=\"\(victims.guarded.path)\","
                    + "state=\"watching\"}") != nil || victims.guarded.isAskedToFreeze
        }
        _ = try next.end()
        #expect(!victims.isHeld)
        victims.end()
        _ = try daemon.ask("restore")
        #expect(victims.changed.isEmpty, "\(victims.changed)")
    }

    @Test func limitThatIsStillRequestedIsInheritedWithItsOriginal() throws {
        let cgroup = try ProgramCgroup("-limited")
        let original = cgroup.text("pids.max")
        func policy(_ pids: Int?) -> String {
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(cgroup.path)", populated: false}}
            \(pids.map { "limits: [{on: g, set: {pids.max: \($0)}}]" } ?? "")

            """
        }
        let daemon = try RunningDaemon(policy(321))
        try awaiting("it is limited") { cgroup.text("pids.max") == "321" }
        try killBoth(daemon)
        let second = try RunningDaemon(daemon.places)
        // It is 0 until the first tick.
        let ticks = try second.metric("cgwarden_ticks_total") ?? 0
        try awaiting("a few ticks") {
            #expect(cgroup.text("pids.max") == "321")
            return try second.metric("cgwarden_ticks_total") ?? 0 > ticks + 3
        }
        try killBoth(second)
        // Another value, whose original is still that before the first daemon.
        try daemon.places.set(policy(322))
        let third = try RunningDaemon(daemon.places)
        try awaiting("the other limit") { cgroup.text("pids.max") == "322" }
        try killBoth(third)
        let fourth = try RunningDaemon(daemon.places)
        #expect(cgroup.text("pids.max") == "322")
        try awaiting("a tick") { try fourth.metric("cgwarden_ticks_total") ?? 0 > 1 }
        // A reload that does not want it any more puts it back, although no daemon that lives has
        // written it.
        try daemon.places.set(policy(nil))
        fourth.run.send(SIGHUP)
        try awaiting("it is put back") { cgroup.text("pids.max") == original }
        #expect(try fourth.end().status == 0)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    @Test func nextDaemonRestoresAnInheritedLimitWhenItStops() throws {
        let cgroup = try ProgramCgroup("-limited")
        let original = cgroup.text("pids.max")
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(cgroup.path)", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        try awaiting("it is limited") { cgroup.text("pids.max") == "321" }
        try killBoth(daemon)
        let second = try RunningDaemon(daemon.places)
        try awaiting("a tick") { try second.metric("cgwarden_ticks_total") ?? 0 > 1 }
        #expect(try second.end().status == 0)
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// A change by a user is never restored by a daemon, whichever process dies.
    @Test func valueSetByAUserStaysWhenTheNextDaemonStarts() throws {
        let cgroup = try ProgramCgroup("-hand")
        let member = try cgroup.start("echo ready; exec sleep 300")
        defer { member.send(SIGKILL) }
        let victims = try DaemonVictims()
        defer { victims.end() }
        let daemon = try RunningDaemon(victims.policy())
        let set = try daemon.ask("set", cgroup.path, "pids.max=55")
        #expect(set.status == 0, "\(set.errors)")
        let frozen = try daemon.ask("freeze", cgroup.path, "--timeout", "10m")
        #expect(frozen.status == 0, "\(frozen.errors)")
        defer { _ = try? daemon.ask("thaw", cgroup.path) }
        try killBoth(daemon)
        let next = try RunningDaemon(daemon.places)
        try awaiting("a tick") { try next.metric("cgwarden_ticks_total") ?? 0 > 1 }
        #expect(cgroup.text("pids.max") == "55" && cgroup.isAskedToFreeze)
        _ = try next.end()
        #expect(cgroup.text("pids.max") == "55" && cgroup.isAskedToFreeze)
    }
}
