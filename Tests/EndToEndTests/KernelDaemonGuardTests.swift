import Foundation
import TestSupport
import Testing

/// Guards of the daemon, which wait for no tick; `make bench` measures how soon they freeze.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonGuardTests {
    @Test func guardFreezesAtTheThresholdBetweenTwoTicks() throws {
        let limit = 200 << 20
        let cgroup = try ProgramCgroup("-guarded")
        let isLegacy = cgroup.isMemoryLegacy
        try cgroup.write("\(limit)", to: isLegacy ? "memory.limit_in_bytes" : "memory.max")
        try? cgroup.write(
            isLegacy ? "\(limit)" : "0",
            to: isLegacy ? "memory.memsw.limit_in_bytes" : "memory.swap.max")
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 1h}
            groups: {g: {path: "\(cgroup.path)", populated: false}}
            hooks: {none: {exec: [/bin/true]}}
            guards:
              - {name: g, on: g, freeze_at: 90%, resume_at: 80%, max_frozen: 1h, relief: [{hook: none}]}

            """)
        try awaiting("it is guarded; \(daemon.run.errors)") {
            isLegacy
                ? cgroup.text("memory.oom_control")?.contains("oom_kill_disable 1") == true
                : cgroup.text("memory.high") != "max"
        }
        // It stays between the threshold and the limit, however late it is frozen.
        let member = try cgroup.start(
            "exec perl -e '$| = 1; print 1; for (1..47) { push @x, \"a\" x (4 << 20) } sleep 1000'")
        defer { member.send(SIGKILL) }
        try awaiting("it is frozen; \(daemon.run.errors)") { cgroup.isFrozen }
        let usage = cgroup.text(isLegacy ? "memory.usage_in_bytes" : "memory.current")
        #expect(try #require(usage.flatMap { Int($0) }) < limit)
        #expect(try daemon.end().status == 0)
        #expect(!cgroup.isAskedToFreeze)
    }
}
