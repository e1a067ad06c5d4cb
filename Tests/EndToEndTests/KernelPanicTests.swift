import Foundation
import Glibc
import KernelIO
import TestSupport
import Testing

/// The emergency brake, also when the daemon does not respond.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelPanicTests {
    /// It may have stopped in the middle of an entry, with the journal locked.
    @Test(arguments: [false, true])
    func hungDaemonIsKilledAndEverythingRestored(isLocked: Bool) throws {
        let victims = try DaemonVictims()
        defer { victims.end() }
        let daemon = try RunningDaemon(victims.policy(longest: "10m"))
        try awaiting("both are frozen, but: \(victims.moment); \(daemon.run.errors)") {
            victims.guarded.isAskedToFreeze && victims.busy.isAskedToFreeze
        }
        daemon.run.send(SIGSTOP)
        let journal = "\(daemon.places.state)/journal"
        let lock = isLocked ? try? LogFile(journal, patience: .zero) : nil
        let start = ContinuousClock.now
        let panic = try daemon.ask("panic")
        let time = ContinuousClock.now - start
        _ = consume lock
        #expect(!victims.isHeld, "\(panic)")
        #expect(panic.errors.contains("killed the daemon (process \(daemon.run.pid))"), "\(panic)")
        #expect(try daemon.run.result().status == 128 + SIGKILL)
        // Before, it waited for 90 s, and did nothing then; all of its own waits are below 10 s.
        #expect(time < .seconds(30), "\(time)")
        print("panic: \(time / .milliseconds(1)) ms with a daemon that hangs")
        try awaiting("the guardian has ended") { daemon.places.guardian == nil }
        victims.end()
        try awaiting("all is put back") { try daemon.ask("restore").status == 0 }
        #expect(victims.changed.isEmpty, "\(victims.changed)")
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// Its backlog is full, so no more clients can connect.
    @Test func daemonWithAFullSocketBacklogIsKilled() throws {
        let cgroup = try ProgramCgroup("-panic")
        let original = cgroup.text("pids.max")
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(cgroup.path)", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        try awaiting("it is limited") { cgroup.text("pids.max") == "321" }
        daemon.run.send(SIGSTOP)
        var waiting: [LocalConnectionBox] = []
        while let one = LocalConnectionBox("\(daemon.places.state)/control") { waiting.append(one) }
        #expect(!waiting.isEmpty)
        let panic = try daemon.ask("panic")
        #expect(panic.status == 0, "\(panic)")
        #expect(cgroup.text("pids.max") == original)
        #expect(try daemon.run.result().status == 128 + SIGKILL)
    }

    /// A person's changes are never undone by the way, whether a daemon runs, hangs or is gone.
    @Test func changesByHandStay() throws {
        let cgroup = try ProgramCgroup("-panic")
        let original = cgroup.text("pids.max")
        let daemon = try RunningDaemon("defaults: {interval: 100ms}\n")
        #expect(try daemon.ask("set", cgroup.path, "pids.max=77").status == 0)
        let remains =
            "1 manual change remains. List: `cgwarden journal`. Undo: `cgwarden restore`.\n"
        let first = try daemon.ask("panic")
        #expect(first.output == "the daemon's changes are undone; daemon stopping\n" + remains)
        #expect(try daemon.run.result().status == 0)
        for _ in 0..<2 {
            let again = try daemon.ask("panic")
            #expect(again.status == 0 && again.output == remains, "\(again)")
        }
        #expect(cgroup.text("pids.max") == "77")
        #expect(try daemon.ask("restore").status == 0)
        #expect(cgroup.text("pids.max") == original)
    }

    /// A connection that is kept; nil when no more can be had in time.
    private final class LocalConnectionBox {
        private let connection: LocalConnection

        init?(_ path: String) {
            guard let connection = try? LocalConnection(to: path) else { return nil }
            self.connection = connection
        }
    }

    /// Other processes with the file open, and earlier claimants, are not killed.
    @Test func onlyTheDaemonIsKilled() throws {
        let daemon = try RunningDaemon("defaults: {interval: 100ms}\n")
        let reader = try ProgramRun(
            "sh", ["-c", "exec 9<\(daemon.places.state)/daemon.lock; echo ready; exec sleep 300"],
            input: nil)
        try awaiting("it has it open") { !reader.bytes.isEmpty }
        daemon.run.send(SIGSTOP)
        #expect(try daemon.ask("panic").status == 0)
        #expect(try daemon.run.result().status == 128 + SIGKILL)
        #expect(reader.isRunning)
        // There is none any more, and nothing to undo.
        let again = try daemon.ask("panic")
        #expect(again.status == 0 && again.output == "nothing to undo\n", "\(again)")
        #expect(again.errors.contains("no daemon is running"))
        #expect(reader.isRunning)
    }
}
