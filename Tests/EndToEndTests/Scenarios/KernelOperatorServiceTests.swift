import Foundation
import Glibc
import TestSupport
import Testing

/// Policies for services, as operators write them, over real work: judged by the kernel's counters,
/// and by what is left when the daemon ends.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelOperatorServiceTests {
    private static let busy = "ulimit -t 90; while :; do :; done"

    @Test func quotaOfAThrottledWebWorkerIsRaised() throws {
        let scenario = try Scenario("web", "web/a", "web/b")
        try scenario.start(Self.busy, in: "web/a")
        try scenario.start("exec sleep 300", in: "web/b")
        let daemon = try scenario.watch(policy: "web")
        var seen: [Double] = []
        try scenario.eventually("its quota is raised twice") {
            if let now = scenario.quota(of: "web/a"), now != seen.last { seen.append(now) }
            return seen.last == 0.08
        }
        #expect(seen.suffix(3) == [0.02, 0.04, 0.08] || seen.suffix(2) == [0.04, 0.08], "\(seen)")
        #expect(scenario.number("nr_throttled", in: "cpu.stat", of: "web/a") ?? 0 > 0)
        #expect(scenario.quota(of: "web/b") == 0.02)
        for worker in ["web/a", "web/b"] {
            let most = scenario.text("memory.max", "memory.limit_in_bytes", of: worker)
            #expect(most == "\(256 << 20)")
            #expect(scenario.text("pids.max", of: worker) == "200")
        }
        // It stays throttled, and stays in its cgroup.
        let used = scenario.cpus(of: "web/a", seconds: 2)
        #expect(used < 0.12, "\(used)")
        #expect(scenario.quota(of: "web/a") == 0.08)
        #expect(try daemon.lines.firings(of: "more-cpu") == 1)
        try scenario.end(.stopped)
    }

    @Test(
        .enabled(
            if: RealCgroups.hasLegacy || RealCgroups.hasUnified,
            "needs root and a memory controller"))
    func databaseAtItsLimitIsFrozenOnlyUntilThereIsRoom() throws {
        let scenario = try Scenario("db")
        for file in ["memory.swap.max", "memory.swappiness"] {
            try? scenario.scratch.write("0", to: file, of: "db")
        }
        try scenario.start("exec sleep 300", in: "db")
        let daemon = try scenario.watch(policy: "database")
        try scenario.eventually("it is limited") {
            scenario.text("memory.max", "memory.limit_in_bytes", of: "db") == "\(120 << 20)"
        }
        try scenario.eventually("it is guarded") {
            try daemon.command("status").output.contains("watching")
        }
        // Slow where it matters: a busy machine may notice late.
        let process = try scenario.start(
            "exec perl -e 'for (1..80) { push @x, \"a\" x (2 << 20); "
                + "select(undef, undef, undef, $_ < 45 ? 0.02 : 0.1) } sleep 300'", in: "db")
        try scenario.eventually("it goes on") { scenario.memory(of: "db") > 140 << 20 }
        #expect(kill(process.pid, 0) == 0)
        #expect(scenario.refusals(of: "db") == (0, 0))
        try scenario.eventually("the log tells it") {
            try !daemon.lines.done("thaw", on: scenario.path("db")).isEmpty
        }
        let lines = try daemon.lines
        let freeze = try #require(lines.done("freeze", on: scenario.path("db")).first)
        let thaw = try #require(lines.done("thaw", on: scenario.path("db")).first)
        // It stood still for all of `resume_for`, though the room was there after 40 ms.
        #expect(thaw.t - freeze.t < 15, "\(thaw.t - freeze.t) s")
        print("database: stood still for \(Int((thaw.t - freeze.t) * 1000)) ms")
        try scenario.end(.killed)
        #expect(kill(process.pid, 0) == 0)
        #expect(scenario.refusals(of: "db").kills == 0)
    }

    /// Its hook fails, which neither stops the rest nor goes unseen.
    @Test func nodeServicesYieldToPods() throws {
        let scenario = try Scenario("kubepods", "kubepods/pod1", "node", "node/batch")
        // As in each pod, a process sleeps next to the workload.
        try scenario.start("exec sleep 300", in: "kubepods/pod1")
        let pod = try scenario.start(Self.busy, in: "kubepods/pod1")
        try scenario.start("exec sleep 300", in: "node/batch")
        let pods = scenario.values.filter { $0.key.contains("kubepods") }
        let daemon = try scenario.watch(policy: "kubernetes")
        try scenario.eventually("the node's work gives way") {
            scenario.quota(of: "node/batch") == 0.02
        }
        #expect(scenario.values.filter { $0.key.contains("kubepods") } == pods)
        try scenario.eventually("the hook's failure is told") {
            try daemon.command("status").output.contains("failed     hook: the hook ticket")
        }
        let explained = try daemon.command("policy", "explain", scenario.path("node/batch"))
        #expect(
            explained.output.contains("rule give-way on \(scenario.path("node/batch"))  active"))
        #expect(explained.output.contains("ends once "), "\(explained.output)")
        #expect(
            try daemon.lines.contains { $0.action == "notify" && $0.rule == "give-way" },
            "what comes after a failed hook was left undone")
        pod.end()
        try scenario.eventually("it has the machine again") {
            scenario.quota(of: "node/batch") == nil
        }
        #expect(try daemon.lines.firings(of: "give-way") == 1)
        try scenario.end(.killed)
    }

    @Test func containerIsSelectedByItsLabel() throws {
        let ids = (0..<2).map { _ in
            (0..<4).map { _ in String(format: "%016lx", UInt64.random(in: 1...UInt64.max)) }
                .joined()
        }
        let cgroups = ids.map { "docker-\($0).scope" }
        // The machine's own place, for the daemon is asked to find it there.
        let folders = ids.map { "/var/lib/docker/containers/\($0)" }
        defer { for folder in folders { try? FileManager.default.removeItem(atPath: folder) } }
        for (index, (folder, tier)) in zip(folders, ["batch", "front"]).enumerated() {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            let text =
                "{\"ID\":\"\(ids[index])\",\"Name\":\"/job\(index)\",\"Config\":{\"Image\":\"job:1\","
                + "\"Labels\":{\"tier\":\"\(tier)\"}}}"
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/config.v2.json"))
        }
        let scenario = try Scenario(cgroups[0], cgroups[1])
        for cgroup in cgroups { try scenario.start(Self.busy, in: cgroup) }
        let daemon = try scenario.watch(policy: "container")
        try scenario.eventually("the batch container is limited") {
            scenario.quota(of: cgroups[0]) == 0.02
                && scenario.text("pids.max", of: cgroups[0]) == "64"
        }
        let used = scenario.cpus(of: cgroups[0], seconds: 2)
        #expect(used < 0.04, "\(used)")
        #expect(scenario.quota(of: cgroups[1]) == nil)
        #expect(scenario.text("pids.max", of: cgroups[1]) == "max")
        let values = try daemon.lines.values(of: "cpu.max", on: scenario.path(cgroups[0]))
        #expect(values.count == 1, "\(values)")
        try scenario.end(.panicked)
    }
}
