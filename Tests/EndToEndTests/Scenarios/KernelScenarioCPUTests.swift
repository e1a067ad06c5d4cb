import Foundation
import TestSupport
import Testing

/// The example policies about CPUs over real work.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelScenarioCPUTests {
    private typealias S = Scenario

    /// Quota and period as the kernel has them: `81000 90000`.
    private func quota(_ scenario: Scenario, of cgroup: String) -> String {
        let unified = scenario.text("cpu.max", of: cgroup)
        guard unified.isEmpty else { return unified }
        return scenario.text("cpu.cfs_quota_us", of: cgroup) + " "
            + scenario.text("cpu.cfs_period_us", of: cgroup)
    }

    private func setQuota(_ scenario: Scenario, _ quota: Int, _ period: Int, of cgroup: String)
        throws
    {
        if scenario.text("cpu.max", of: cgroup).isEmpty {
            try scenario.scratch.write("\(period)", to: "cpu.cfs_period_us", of: cgroup)
            try scenario.scratch.write("\(quota)", to: "cpu.cfs_quota_us", of: cgroup)
        } else {
            try scenario.scratch.write("\(quota) \(period)", to: "cpu.max", of: cgroup)
        }
    }

    /// CPUs, of `quota period`.
    private func cpus(_ text: String) -> Double {
        let words = text.split(separator: " ").compactMap { Double($0) }
        return words.count == 2 && words[0] > 0 ? words[0] / words[1] : .infinity
    }

    @Test func buildJobIsThrottledAndReleasedInSteps() throws {
        let scenario = try Scenario("build", "build/job")
        let job = "build/job"
        try setQuota(scenario, 81_000, 90_000, of: job)
        let original = quota(scenario, of: job)
        try scenario.start("exec sleep 300", in: job)
        let workers = try (0..<2).map { _ in
            try scenario.start("ulimit -t 90; while :; do :; done", in: job)
        }
        let throttled = try #require(scenario.number("nr_throttled", in: "cpu.stat", of: job))
        let busy = "cpu.usage_usec.rate > 0.01cpus"
        let daemon = try scenario.watch(
            "10-build-jobs",
            [
                ("[\"/ci.slice/*.scope\", \"/build/*\"]", "\"\(scenario.path("build"))/*\""),
                (
                    "cpu.weight: 20, memory.soft_limit: 4GiB",
                    "cpu.weight: 90, memory.soft_limit: 64MiB"
                ),
                (
                    "host.cpu.pressure.some.avg10 > 20% and avg(cpu.usage_usec.rate, 10s) > 1.5cpus",
                    "avg(cpu.usage_usec.rate, \(S.ticks(4))) > 0.04cpus"
                ),
                ("for: 10s", "for: \(S.ticks(3))"),
                // The job itself is calm; its cap alone does not make it so.
                (
                    "until: host.cpu.pressure.some.avg10 < 10%",
                    "until: cpu.usage_usec.rate < 0.008cpus"
                ),
                ("until_for: 30s", "until_for: \(S.ticks(3))"),
                (
                    "every: 15s, max: 3, while: host.cpu.pressure.some.avg10 > 20%",
                    "every: \(S.ticks(5)), max: 3, while: \(busy)"
                ),
                ("min: 0.5cpus", "min: 0.02cpus"),
                ("factor: 1.5, every: 15s", "factor: 1.5, every: \(S.ticks(2))"),
                ("    requires: [psi]\n", ""),
            ])
        var seen = [original]
        func look() {
            let now = quota(scenario, of: job)
            if now != seen.last { seen.append(now) }
        }
        try scenario.eventually("three cuts") {
            look()
            return seen.count > 3
        }
        try scenario.eventually("the kernel holds it back") {
            look()
            return scenario.number("nr_throttled", in: "cpu.stat", of: job) ?? 0 > throttled + 2
        }
        let soft = scenario.text("memory.high", "memory.soft_limit_in_bytes", of: job)
        #expect(soft == "\(64 << 20)")
        let weight = scenario.text("cpu.weight", "cpu.shares", of: job)
        #expect(weight == "90" || weight == "921" || weight == "922", "\(weight)")

        let cuts = seen.count
        for worker in workers { worker.end() }
        try scenario.eventually("all is given back") {
            look()
            return seen.last == original
        }
        let lowest = try #require(seen.indices.min { cpus(seen[$0]) < cpus(seen[$1]) })
        #expect(lowest >= cuts - 1 && lowest <= 4, "\(seen)")
        let shares = seen.map(cpus)
        #expect(zip(shares[...lowest], shares[1...lowest]).allSatisfy { $0 > $1 }, "\(seen)")
        #expect(zip(shares[lowest...], shares[(lowest + 1)...]).allSatisfy { $0 < $1 }, "\(seen)")
        // In steps, none of which is more than half of what there was.
        #expect(seen.count - lowest > 3, "\(seen)")
        #expect(shares[lowest...].dropLast().adjacent.allSatisfy { $1 < $0 * 1.6 }, "\(seen)")

        try scenario.eventually("the log tells it") {
            try daemon.lines.values(of: "cpu.max", on: scenario.path(job)).count >= seen.count - 1
        }
        let lines = try daemon.lines
        #expect(
            lines.steps(of: "squeeze-build").prefix(4) == [
                "idle -> pending", "pending -> active", "active -> clearing",
                "clearing -> relaxing",
            ], "\(lines.states(of: "squeeze-build"))")
        #expect(try daemon.stop().status == 0)
        #expect(quota(scenario, of: job) == original)
        #expect(scenario.text("cpu.weight", "cpu.shares", of: job) != weight)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.processorCount > 1, "needs two CPUs"))
    func serviceHasExclusiveCPUs() throws {
        let scenario = try Scenario("api", "other-1", "other-2")
        try setQuota(scenario, 10_000, 100_000, of: "api")
        // On v2 an empty set of a cgroup with members can only be written out again.
        func sets() -> [String] {
            ["api", "other-1"].map { scenario.text("cpuset.cpus.effective", "cpuset.cpus", of: $0) }
        }
        let before = sets()
        let busy = "ulimit -t 90; while :; do :; done"
        // Empty cgroups leave the group; this one does not.
        try scenario.start("exec sleep 300", in: "api")
        let service = try scenario.start(busy, in: "api")
        let others = try ["other-1", "other-2"].map { try scenario.start(busy, in: $0) }
        let daemon = try scenario.watch(
            "30-own-cpus",
            [
                ("{unit: api.service}", "{path: \(scenario.path("api"))}"),
                (
                    "[\"/system.slice\", \"/user.slice\"], exclude: [\"/system.slice/api.service\"]",
                    "[\"\(scenario.path("other"))-*\"], exclude: [\"\(scenario.path("api"))\"]"
                ),
                // Of two CPUs, which may well be one core, one is kept for the rest.
                ("count: 4, exclusive", "count: 1, exclusive"),
                ("smt: whole_core", "smt: any"),
                ("for: 5s", "for: \(S.ticks(4))"),
            ])
        func allowed(_ process: ScratchProcess) -> String {
            let text = (try? String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8))
            let line = text?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
            return line?.split(separator: "\t").last.map(String.init) ?? ""
        }
        try scenario.eventually("it has a CPU of its own") {
            let own = Set(list(allowed(service)))
            return own.count == 1
                && others.allSatisfy { own.isDisjoint(with: list(allowed($0))) }
        }
        let own = allowed(service)
        #expect(scenario.text("cpuset.cpus", of: "api") == own)
        for (name, process) in zip(["other-1", "other-2"], others) {
            #expect(scenario.text("cpuset.cpus", of: name) == allowed(process))
            #expect(!list(allowed(process)).isEmpty)
        }
        // It runs only there; the others do not.
        for _ in 0..<20 {
            #expect(processor(of: service) == Int(own))
            for process in others { #expect(processor(of: process) != Int(own)) }
            usleep(10_000)
        }
        try scenario.eventually("its quota is widened") {
            quota(scenario, of: "api") == "12500 100000"
        }
        #expect(scenario.number("nr_throttled", in: "cpu.stat", of: "api") ?? 0 > 0)
        try scenario.eventually("the log tells it") {
            try !daemon.lines.values(of: "cpu.max", on: scenario.path("api")).isEmpty
        }
        // `undo: keep`: it is not taken back when nothing is throttled any more.
        service.end()
        try scenario.eventually("the rule rests") {
            try daemon.lines.states(of: "unthrottle").contains { $0.contains("-> cooldown") }
        }
        #expect(quota(scenario, of: "api") == "12500 100000")
        let lines = try daemon.lines
        #expect(lines.contains { $0.pool == "fast" && $0.result == "done" })
        #expect(lines.values(of: "cpu.max", on: scenario.path("api")).count == 1)
        #expect(try daemon.stop().status == 0)
        #expect(sets() == before)
        #expect(quota(scenario, of: "api") == "10000 100000")
    }

    /// The numbers of `0-1,4`.
    private func list(_ text: String) -> [Int] {
        text.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last else { return [] }
            return Array(first...last)
        }
    }

    /// The CPU on which a process ran last, from `/proc/PID/stat`.
    private func processor(of process: ScratchProcess) -> Int? {
        let text = (try? String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 36 ? Int(fields[36]) : nil
    }
}

extension Collection {
    fileprivate var adjacent: Zip2Sequence<Self, SubSequence> { zip(self, dropFirst()) }
}
