import Foundation
import TestSupport
import Testing

/// Limits that hold as long as their cgroup exists, each by itself, on the real kernel.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelStandingLimitTests {
    private let cgroup: ProgramCgroup

    init() throws { cgroup = try ProgramCgroup() }

    private func policy(_ values: String, every interval: String) -> String {
        """
        defaults: {interval: \(interval)}
        groups: {g: {path: ["\(cgroup.path)", "\(cgroup.path)/**"]}}
        limits: [{on: g, set: {\(values)}}]

        """
    }

    private func awaitLimit(_ cgroup: ProgramCgroup, _ value: String = "321") throws {
        try awaiting("pids.max is \(value), not \(cgroup.text("pids.max") ?? "absent")") {
            cgroup.text("pids.max") == value
        }
    }

    private func ticks(_ daemon: RunningDaemon) throws -> Double {
        try daemon.metric("cgwarden_ticks_total") ?? 0
    }

    private func awaitTicks(_ daemon: RunningDaemon, _ count: Double = 5) throws {
        let start = try ticks(daemon)
        try awaiting("\(count) more ticks") { try ticks(daemon) >= start + count }
    }

    /// The next tick is far away.
    @Test func newCgroupGetsItsLimitImmediatelyAndIsRestored() throws {
        let daemon = try RunningDaemon(policy("pids.max: 321", every: "10m"))
        try awaitLimit(cgroup)
        let child = try ProgramCgroup(bytes: Array("child".utf8), below: cgroup)
        try awaitLimit(child)
        let grandchild = try ProgramCgroup(bytes: Array("deep".utf8), below: child)
        try awaitLimit(grandchild)
        #expect(try ticks(daemon) == 1)
        #expect(try daemon.end().status == 0)
        #expect([cgroup, child, grandchild].allSatisfy { $0.text("pids.max") == "max" })
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    /// Jobs of a second or two, one after the other.
    @Test func limitStaysWhileItsCgroupIsEmpty() throws {
        let daemon = try RunningDaemon(policy("pids.max: 321", every: "200ms"))
        try awaitLimit(cgroup)
        for _ in 0..<3 {
            let job = try cgroup.start("echo ready; exec sleep 300")
            try awaitTicks(daemon, 3)
            job.send(SIGKILL)
            _ = try job.result()
            try awaitTicks(daemon, 3)
            #expect(cgroup.text("pids.max") == "321")
        }
        let written = daemon.places.records.filter { $0["action"] as? String == "set" }
        #expect(written.compactMap { $0["result"] as? String } == ["done"], "\(written)")
        #expect(!daemon.places.records.contains { $0["action"] as? String == "restore" })
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("pids.max") == "max")
    }

    /// No machine has huge pages of this size.
    @Test func valueThatCannotBeSetDoesNotAffectOthers() throws {
        let values = "hugetlb.64KB.max: 1MiB, pids.max: 321, cpu.weight: 50"
        let daemon = try RunningDaemon(policy(values, every: "200ms"))
        try awaitLimit(cgroup)
        try awaitTicks(daemon, 20)
        #expect(cgroup.text("pids.max") == "321")
        let status = try daemon.ask("status").output
        #expect(
            status.contains("hugetlb.max[64KB] of \(cgroup.path) could not be set"), "\(status)")
        let told = daemon.places.records.filter {
            $0["phase"] as? String == "plan" && $0["action"] as? String == "notify"
        }
        #expect(told.count == 1, "\(told)")
        let plan = try daemon.places.command(["policy", "plan", daemon.places.policy])
        #expect(plan.output.contains("hugetlb.max 64KB cannot be set"), "\(plan.output)")
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("pids.max") == "max")
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    @Test(.enabled(if: hasUnifiedMemory, "needs memory on v2"))
    func guardAndStandingLimitShareMemoryHigh() throws {
        let job = try cgroup.start("echo ready; exec sleep 300")
        defer { job.send(SIGKILL) }
        let daemon = try RunningDaemon(
            policy("memory.high: 60MiB, memory.max: 200MiB", every: "200ms") + """
                guards:
                  - name: db
                    on: g
                    freeze_at: 90%
                    resume_at: 80%
                    max_frozen: 30s
                    relief: [reclaim]

                """)
        try awaiting("it is guarded; \(daemon.run.errors)") {
            try daemon.ask("status").output.contains("watching")
        }
        try awaitTicks(daemon, 20)
        #expect(cgroup.text("memory.high") == "\(60 << 20)")
        #expect(cgroup.text("memory.max") == "\(200 << 20)")
        #expect(!daemon.places.records.contains { $0["phase"] as? String == "drift" })
        let explained = try daemon.ask("policy", "explain", cgroup.path).output
        #expect(explained.contains("guard db"), "\(explained)")
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("memory.high") == "max")
        #expect(cgroup.text("memory.max") == "max")
        #expect(try daemon.ask("restore").output == "nothing to undo\n")
    }

    private static let hasUnifiedMemory = ProgramCgroup.trees.contains { tree in
        tree.isUnified
            && ((try? String(
                contentsOfFile: "\(tree.mountPoint)/cgroup.controllers", encoding: .utf8)) ?? "")
                .contains("memory")
    }
}
