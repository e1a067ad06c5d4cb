import Foundation
import TestSupport
import Testing

/// SIGHUP: another policy, all of it or nothing.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonReloadTests {
    private let cgroup: ProgramCgroup
    private let member: ProgramRun

    init() throws {
        cgroup = try ProgramCgroup()
        member = try cgroup.start("echo ready; exec sleep 300")
    }

    private var head: String {
        """
        defaults: {interval: 200ms}
        groups: {g: {path: "\(cgroup.path)"}}
        rules:

        """
    }

    private func rule(_ name: String, _ setting: String) -> String {
        """
          - name: \(name)
            on: g
            when: pids.current >= 1
            until: pids.current < 1
            do: [{set: {\(setting)}}]
            undo: restore

        """
    }

    @Test func reloadUndoesChangedAndRemovedRulesOnly() throws {
        defer { member.send(SIGKILL) }
        let weight = cgroup.weight
        let quota = cgroup.quota
        let pids = cgroup.text("pids.max")
        let daemon = try RunningDaemon(
            head + rule("changed", "pids.max: 321") + rule("removed", "cpu.weight: 50")
                + rule("same", "cpu.max: 0.5cpus"))
        try awaiting("all three hold") {
            cgroup.text("pids.max") == "321" && cgroup.weight != weight && cgroup.quota != quota
        }
        let limited = cgroup.quota
        try daemon.places.set(
            head + rule("changed", "pids.max: 654") + rule("same", "cpu.max: 0.5cpus"))
        daemon.run.send(SIGHUP)
        try awaiting("policy reloaded") {
            daemon.run.errors.contains("policy reloaded")
        }
        try awaiting(
            "the other value: \(cgroup.text("pids.max") ?? "absent"), \(cgroup.weight ?? "absent")"
        ) {
            cgroup.text("pids.max") == "654" && cgroup.weight == weight
        }
        #expect(cgroup.quota == limited)
        #expect(try daemon.metric("cgwarden_policy_firings_total{rule=\"same\"}") == 1)
        #expect(try daemon.metric("cgwarden_policy_firings_total{rule=\"removed\"}") == nil)
        // It was not restored in between.
        let same = daemon.places.records.filter { $0["rule"] as? String == "same" }
        #expect(!same.contains { $0["phase"] as? String == "undo" }, "\(same)")
        #expect(try daemon.end().status == 0)
        #expect(cgroup.text("pids.max") == pids)
        #expect(cgroup.quota == quota)
    }

    @Test func invalidFileIsReportedInFullAndNotApplied() throws {
        defer { member.send(SIGKILL) }
        let daemon = try RunningDaemon(head + rule("same", "pids.max: 321"))
        try awaiting("it holds") { cgroup.text("pids.max") == "321" }
        try daemon.places.set(
            head + rule("a", "memmory.max: 1GiB") + rule("b", "memory.max: 512"))
        daemon.run.send(SIGHUP)
        try awaiting("the refusal") {
            daemon.run.errors.contains("policy not reloaded")
        }
        #expect(daemon.run.errors.contains("memmory.max"))
        #expect(daemon.run.errors.contains("512"))
        try daemon.awaitTicks(3)
        #expect(cgroup.text("pids.max") == "321")
        #expect(try daemon.ask("status").output.contains("same"))
        #expect(try daemon.metric("cgwarden_policy_firings_total{rule=\"same\"}") == 1)
        #expect(try daemon.end().status == 0)
    }

    /// With any error in the file, the old policy stays in force.
    @Test func invalidFileNeverReplacesThePolicy() throws {
        defer { member.send(SIGKILL) }
        let daemon = try RunningDaemon(head + rule("same", "pids.max: 321"))
        try awaiting("it holds") { cgroup.text("pids.max") == "321" }
        let other = rule("same", "pids.max: 999")
        let texts = [
            head + other + other,
            head.replacingOccurrences(of: "200ms", with: "200ms, interval: 1s"),
            "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n" + head + other,
            head + other + "---\napiVersion: cgwarden/v1\n", head + other,
        ]
        for (index, text) in texts.enumerated() {
            try daemon.places.set(text)
            if index == texts.count - 1 {
                // Others could write it.
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o666], ofItemAtPath: daemon.places.policy)
            }
            daemon.run.send(SIGHUP)
            try awaiting("refusal \(index) of: \(text)") {
                daemon.run.errors.components(separatedBy: "policy not reloaded").count
                    == index + 2
            }
        }
        try daemon.awaitTicks(3)
        #expect(cgroup.text("pids.max") == "321")
        #expect(try daemon.metric("cgwarden_policy_firings_total{rule=\"same\"}") == 1)
        #expect(try daemon.end().status == 0)
    }

    @Test func reloadAppliesIntervalAndSinks() throws {
        defer { member.send(SIGKILL) }
        let daemon = try RunningDaemon(head + rule("same", "pids.max: 321"))
        try awaiting("it holds") { cgroup.text("pids.max") == "321" }
        try daemon.places.set(
            (head + rule("same", "pids.max: 321"))
                .replacingOccurrences(of: "interval: 200ms", with: "interval: 1h"))
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
        // Sleeping does not keep it from ending.
        #expect(try daemon.end().status == 0)
    }
}

extension ProgramCgroup {
    /// The CPU weight in the form of its version.
    var weight: String? { text("cpu.weight") ?? text("cpu.shares") }
}
