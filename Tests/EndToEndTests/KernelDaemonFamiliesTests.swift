import Foundation
import TestSupport
import Testing

/// The policy metrics of the daemon.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonFamiliesTests {
    @Test func actionsAreCountedFromZeroAndReloadsExported() throws {
        let cgroup = try ProgramCgroup()
        let policy = """
            defaults: {interval: 200ms}
            groups: {g: {path: "\(cgroup.path)"}}
            rules:
              - name: cap
                on: g
                when: pids.current >= 1
                until: pids.current < 1
                do: [{set: {pids.max: 321}}]
                undo: restore

            """
        let daemon = try RunningDaemon(policy)
        func actions(_ result: String) throws -> Double? {
            try daemon.metric(
                "cgwarden_policy_actions_total{rule=\"cap\",action=\"set\",result=\"\(result)\"}")
        }
        let before = try awaiting("a first sample") { try actions("applied") }
        #expect(before == 0)
        #expect(try actions("failed") == 0)
        #expect(try actions("dry_run") == nil)
        #expect(try daemon.metric("cgwarden_config_last_reload_successful") == 1)
        let loaded = try daemon.metric("cgwarden_config_last_reload_success_timestamp_seconds")
        let member = try cgroup.start("echo ready; exec sleep 300")
        defer { member.send(SIGKILL) }
        let after = try awaiting("the action is counted") {
            try actions("applied").flatMap { $0 > 0 ? $0 : nil }
        }
        #expect(after == 1)
        #expect(try daemon.metric("cgwarden_policy_active{rule=\"cap\"}") == 1)
        let last = try daemon.metric(
            "cgwarden_policy_last_action_timestamp_seconds"
                + "{rule=\"cap\",action=\"set\",result=\"applied\"}")
        #expect((last ?? 0) >= (loaded ?? .infinity))
        try daemon.places.set("rules: [{}]\n")
        daemon.run.send(SIGHUP)
        try awaiting("the mistake is told") {
            try daemon.metric("cgwarden_config_last_reload_successful") == 0
        }
        #expect(
            try daemon.metric("cgwarden_config_last_reload_success_timestamp_seconds") == loaded)
        #expect(try daemon.end().status == 0)
    }
}
