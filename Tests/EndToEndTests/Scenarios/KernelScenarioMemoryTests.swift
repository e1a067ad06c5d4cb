import Foundation
import TestSupport
import Testing

/// The example policies about memory and tasks over real work.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelScenarioMemoryTests {
    private typealias S = Scenario

    private static let mebibyte: UInt64 = 1 << 20

    @Test(
        .enabled(
            if: RealCgroups.hasLegacy || RealCgroups.hasUnified,
            "needs root and a memory controller"))
    func databaseIsFrozenBeforeAnOOMKillAndResumes() throws {
        let scenario = try Scenario("db")
        let isLegacy = !scenario.text("memory.oom_control", of: "db").isEmpty
        func limit() -> UInt64? {
            UInt64(scenario.text("memory.max", "memory.limit_in_bytes", of: "db"))
        }
        func usage() -> UInt64 {
            UInt64(scenario.text("memory.current", "memory.usage_in_bytes", of: "db")) ?? 0
        }
        let unlimited = scenario.text("memory.max", "memory.limit_in_bytes", of: "db")
        // Its memory must not move to swap.
        if !isLegacy { try? scenario.scratch.write("0", to: "memory.swap.max", of: "db") }
        // A group contains only populated cgroups.
        try scenario.start("exec sleep 300", in: "db")
        let daemon = try scenario.watch(
            "20-database",
            [
                ("{unit: postgresql.service}", "{path: \(scenario.path("db"))}"),
                ("memory.max: 16GiB", "memory.max: 200MiB"),
                ("memory.low: 8GiB", "memory.low: 32MiB"),
                ("resume_for: 2s", "resume_for: 500ms"),
                (
                    "step: 1GiB, ceiling: 20GiB, host_free_min: 4GiB",
                    "step: 64MiB, ceiling: 400MiB, host_free_min: 64MiB"
                ),
                ("/usr/local/bin/page", "/bin/true"),
                // The address does not respond, and nothing waits for it.
                ("https://pager.example/hook", "http://127.0.0.1:9/hook"),
                (", token_file: /etc/cgwarden/pager.token", ""),
            ])
        try scenario.eventually("it is guarded") {
            limit() == 200 * Self.mebibyte
                && (isLegacy
                    ? scenario.number("oom_kill_disable", in: "memory.oom_control", of: "db") == 1
                    : scenario.text("memory.high", of: "db") != "max")
        }
        // Slow where it matters: a busy machine may notice late.
        let process = try scenario.start(
            "exec perl -e 'for (1..60) { push @x, \"a\" x (4 << 20); "
                + "select(undef, undef, undef, $_ < 40 ? 0.02 : 0.2) } sleep 300'", in: "db")
        // The guard may thaw it, with more memory, before anything else looks at it.
        let path = scenario.path("db")
        try scenario.eventually("it is frozen") {
            try daemon.lines.states(of: "db-guard").contains("freezing -> frozen")
        }
        let refused =
            isLegacy
            ? UInt64(scenario.text("memory.failcnt", of: "db"))
            : scenario.number("max", in: "memory.events", of: "db")
        // It had not reached the limit when it was frozen.
        if scenario.isFrozen("db") { #expect(refused == 0) }
        let notice = try #require(
            daemon.lines.compactMap(\.note).compactMap {
                $0.firstMatch(of: /memory is at (\d+) of \d+ bytes: frozen/)
            }.first)
        let frozenAt = try #require(UInt64(notice.1))
        #expect(frozenAt < 200 * Self.mebibyte)
        #expect(frozenAt >= 180 * Self.mebibyte)
        try scenario.eventually("it goes on") { usage() > 230 * Self.mebibyte }
        #expect(limit() ?? 0 > 230 * Self.mebibyte)
        #expect(kill(process.pid, 0) == 0)
        if isLegacy {
            #expect(scenario.number("oom_kill", in: "memory.oom_control", of: "db") == 0)
        } else {
            #expect(scenario.number("oom_kill", in: "memory.events", of: "db") == 0)
        }
        try scenario.eventually("the log tells it") {
            try daemon.lines.states(of: "db-guard").contains("frozen -> watching")
        }
        let lines = try daemon.lines
        let states = lines.states(of: "db-guard")
        #expect(states.first == "watching -> freezing", "\(states)")
        let freeze = try #require(lines.done("freeze", on: path).first)
        let thaw = try #require(lines.done("thaw", on: path).first)
        let raise = try #require(
            lines.done("set", on: path).first { $0.guard != nil && $0.t >= freeze.t })
        #expect(freeze.t <= raise.t && raise.t <= thaw.t)
        #expect(try daemon.stop().status == 0)
        #expect(scenario.text("memory.max", "memory.limit_in_bytes", of: "db") == unlimited)
        #expect(!scenario.isAskedToFreeze("db"))
        if isLegacy {
            #expect(scenario.number("oom_kill_disable", in: "memory.oom_control", of: "db") == 0)
        } else {
            #expect(scenario.text("memory.high", of: "db") == "max")
            #expect(scenario.text("memory.low", of: "db") == "0")
        }
    }

    @Test func forkBombIsFrozenAndKilled() throws {
        let scenario = try Scenario("user-1", "user-1/session", "user-2", "user-2/session")
        let (bombed, calm) = ("user-1/session", "user-2/session")
        // Should all else fail, the kernel still does not let it grow.
        try scenario.scratch.write("200", to: "pids.max", of: "user-1")
        try scenario.start("exec sleep 300", in: bombed)
        let bystander = try scenario.start("exec sleep 300", in: calm)
        let daemon = try scenario.watch(
            "40-fork-bomb",
            [
                (
                    "\"/user.slice/user-*.slice/**\"",
                    "\"\(scenario.path("user"))-*/**\""
                ),
                ("pids.max: 2000", "pids.max: 150"),
                ("slope(pids.current, 5s) > 50/s", "slope(pids.current, \(S.ticks(5))) > 5/s"),
                (
                    "increased(pids.events.max, 5s)",
                    "increased(pids.events.max, \(S.ticks(5)))"
                ),
                ("for: 3s", "for: \(S.ticks(2))"),
                // To stop 150 tasks takes a slow guest seconds.
                ("freeze: {timeout: 60s", "freeze: {timeout: \(S.ticks(24))"),
            ])
        try scenario.eventually("the tasks are bounded") {
            scenario.text("pids.max", of: bombed) == "150"
        }
        // Each of it makes another one twice a second, for two minutes at most.
        try scenario.start(
            "exec perl -e 'for (1..240) { fork; select(undef, undef, undef, 0.5) }'", in: bombed)
        var most = 0
        func look() { most = max(most, Int(scenario.text("pids.current", of: bombed)) ?? 0) }
        try scenario.eventually("it is frozen") {
            look()
            return scenario.isFrozen(bombed)
        }
        #expect(most > 100)
        #expect(scenario.number("max", in: "pids.events", of: bombed) ?? 0 > 0)
        let refused = scenario.number("max", in: "pids.events", of: bombed)
        look()
        usleep(200_000)
        #expect(scenario.isFrozen(bombed))
        #expect(scenario.number("max", in: "pids.events", of: bombed) == refused)
        try scenario.eventually("it ends") {
            look()
            return scenario.text("pids.current", of: bombed) == "0"
        }
        // The kernel counts a fork for a moment before it refuses it.
        #expect(most < 200)
        #expect(scenario.text("cgroup.procs", of: bombed).isEmpty)
        #expect(kill(bystander.pid, 0) == 0 && !scenario.isAskedToFreeze(calm))

        let path = scenario.path(bombed)
        try scenario.eventually("the log tells it") {
            try !daemon.lines.done("kill", on: path).isEmpty
        }
        let lines = try daemon.lines
        let freeze = try #require(lines.done("freeze", on: path).first)
        let end = try #require(lines.done("kill", on: path).first)
        #expect(freeze.result == "done" && end.result == "done")
        // A result is told at the tick that finds it, which in a slow guest may be a late one.
        #expect(end.t - freeze.t > Double(S.tick) / 1000 * 2)
        #expect(lines.allSatisfy { $0.rule == nil || $0.cgroup == path })
        // A newcomer is not frozen.
        try scenario.eventually("it is thawed") { !scenario.isAskedToFreeze(bombed) }
        #expect(try daemon.stop().status == 0)
        #expect(scenario.text("pids.max", of: bombed) == "max")
    }

    @Test func batchJobsAreFrozenAndThawedOneByOne() throws {
        let scenario = try Scenario("batch", "batch/a", "batch/b", "batch/c")
        let jobs = ["a", "b", "c"]
        let files = jobs.map { "/dev/shm/cgwarden-test-\(getpid())-batch-\($0)" }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        let weights = jobs.map { scenario.text("cpu.weight", "cpu.shares", of: "batch/\($0)") }
        let daemon = try scenario.watch(
            "60-batch",
            [
                ("\"/batch/*\"", "\"\(scenario.path("batch"))/*\""),
                (
                    "host.memory.available < 10%host and host.memory.pressure.full.avg10 > 10%",
                    "memory.current > 200MiB"
                ),
                ("for: 15s", "for: \(S.ticks(3))"),
                ("until: host.memory.available > 20%host", "until: memory.current < 100MiB"),
                ("until_for: 20s", "until_for: \(S.ticks(3))"),
                ("min_gain: 256MiB", "min_gain: 16MiB"),
                ("every: 20s", "every: \(S.ticks(5))"),
                ("bytes: 1GiB", "bytes: 1MiB"),
                ("    requires: [psi]\n", "budgets: {freeze: 5/10s}\n"),
            ])
        // Files in memory are the job's, and can be taken away while it is frozen.
        for (job, (file, mebibytes)) in zip(jobs, zip(files, [60, 80, 100])) {
            try scenario.start(
                "head -c \(mebibytes << 20) /dev/zero >\(file); exec sleep 300", in: "batch/\(job)")
        }
        var order: [[String]] = [[]]
        func look() {
            let frozen = jobs.filter { scenario.isFrozen("batch/\($0)") }
            if frozen != order.last { order.append(frozen) }
        }
        try scenario.eventually("all stand still") {
            look()
            return order.last == jobs
        }
        #expect(order == [[], ["c"], ["b", "c"], ["a", "b", "c"]])
        // The rest keeps its order.
        for (file, mebibytes) in zip(files, [10, 20, 30] as [UInt64]) {
            let handle = try #require(FileHandle(forUpdatingAtPath: file))
            try handle.truncate(atOffset: mebibytes << 20)
        }
        order = [jobs]
        try scenario.eventually("all go on") {
            look()
            return order.last == []
        }
        #expect(order == [["a", "b", "c"], ["b", "c"], ["c"], []])

        try scenario.eventually("the log tells it") {
            try jobs.allSatisfy {
                try !daemon.lines.done("thaw", on: scenario.path("batch/\($0)")).isEmpty
            }
        }
        let lines = try daemon.lines
        let frozen = jobs.map { lines.done("freeze", on: scenario.path("batch/\($0)")) }
        let thawed = jobs.map { lines.done("thaw", on: scenario.path("batch/\($0)")) }
        #expect(frozen.allSatisfy { $0.count == 1 && $0[0].result == "done" })
        #expect(thawed.allSatisfy { $0.count == 1 && $0[0].result == "done" })
        let weight = Set(jobs.map { scenario.text("cpu.weight", "cpu.shares", of: "batch/\($0)") })
        #expect(weight.count == 1 && ["10", "100", "102", "1024"].contains(weight.first))
        #expect(try daemon.stop().status == 0)
        #expect(
            weights == jobs.map { scenario.text("cpu.weight", "cpu.shares", of: "batch/\($0)") })
    }
}
