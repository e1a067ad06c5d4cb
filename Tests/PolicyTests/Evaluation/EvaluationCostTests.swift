import CgroupModel
import Foundation
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The cost of a tick; enabled by `POLICY_COST=1` in a release build.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["POLICY_COST"] != nil,
        "POLICY_COST=1 in a release build"))
struct EvaluationCostTests {
    private static let cgroups = 1000
    /// A fifth of what a sweep of as many cgroups costs (35 ms).
    private static let most = 7.0

    /// Twenty rules of the kinds that the example policies have, on every cgroup.
    private static let policy: String = {
        let conditions = [
            "host.cpu.pressure.some.avg10 > 20% and avg(cpu.usage_usec.rate, 10s) > 1.5cpus",
            "avg(cpu.usage_usec.rate, 10s) > 1.5cpus and host.cpu.pressure.some.avg10 > 20%",
            "cpu.throttled.ratio > 5% and cpu.usage_usec.rate > 80% of cpu.limit",
            "pids.current > 90% of pids.max and (slope(pids.current, 5s) > 50/s "
                + "or increased(pids.events.max, 5s))",
            "avg(io.wbytes.rate, 10s) > 50MiB/s and host.io.pressure.some.avg10 > 15%",
            "memory.current > 90% of memory.limit",
            "max(memory.current, 30s) - min(memory.current, 30s) > 10GiB",
            "increased(memory.events.oom_kill, 10s) or p95(memory.current, 10s) > 60GiB",
            "memory.pressure.full.avg10 > 10% and memory.current > 1GiB",
            "avg(memory.current, 60s) > 60GiB and not (cgroup.frozen)",
        ]
        let rules = (0..<20).map { index in
            "  - {name: r\(index), on: g, when: \"\(conditions[index % conditions.count])\", "
                + "for: 5s, until: memory.current < 1B, do: [{log: {level: notice}}]}\n"
        }
        return "groups: {g: {path: \"/**\"}}\nlimits: [{on: g, set: {pids.max: 5000}}]\nrules:\n"
            + rules.joined()
    }()

    private func snapshot(_ tick: Int) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = UInt64(tick) + 1
        builder.host.memoryTotal = Reading(64 << 30)
        builder.host.cpuPressure = Reading(3000)
        builder.host.ioPressure = Reading(3000)
        builder.host.cpuCount = 8
        for index in 0..<Self.cgroups {
            let step = UInt64(tick) * UInt64(index % 7 + 1)
            builder.add(
                "/s\(index / 50)\(index % 50 == 0 ? "" : "/c\(1000 + index)")",
                inode: UInt64(index + 1),
                generation: UInt64(index + 1),
                [
                    "cgroup.populated": Reading(1), "cgroup.frozen": Reading(0),
                    "cpu.usage_usec": Reading(step * 100_000), "cpu.max": .unlimited,
                    "cpu.max.period": Reading(100_000), "cpu.nr_periods": Reading(step),
                    "cpu.nr_throttled": Reading(step / 100),
                    "cpuset.cpus.effective": Word.intern("0-7").map { Reading(UInt64($0)) }
                        ?? .absent,
                    "pids.current": Reading(UInt64(index % 100)), "pids.max": Reading(5000),
                    "pids.events.max": Reading(0), "memory.current": Reading(step << 20),
                    "memory.max": .unlimited, "memory.events.oom_kill": Reading(0),
                    "memory.pressure.full.avg10": Reading(0),
                ], before: ["cpu.nr_periods": Reading(0), "cpu.nr_throttled": Reading(0)])
            builder.instance("io.wbytes", InstanceKey(major: 8, minor: 0), step << 12)
            builder.instance("io.wbytes", InstanceKey(major: 8, minor: 16), step << 10)
        }
        return builder.build()
    }

    @Test func costOfATickWithThousandCgroupsAndTwentyRules() throws {
        var engine = PolicyEngine(
            document: try EngineRun.document(Self.policy), facts: TestFacts(),
            vocabulary: { PolicyVocabulary.metric(named: $0) })
        let inputs = (0..<90).map { tick in
            PolicyInput(
                snapshot: snapshot(tick),
                time: PolicyInstant(nanoseconds: UInt64(tick + 100) * 1_000_000_000),
                minuteOfDay: 0)
        }
        let first = milliseconds { _ = engine.tick(inputs[0]) }
        for input in inputs[1..<40] { _ = engine.tick(input) }
        var lines = 0
        let rest = milliseconds {
            for input in inputs[40...] { lines += engine.tick(input).audit.count }
        }
        let each = rest / Double(inputs.count - 40)
        print("first tick \(first) ms, each later one \(each) ms, \(lines) audit lines in all")
        #expect(engine.metrics.watched.map(\.count) == Array(repeating: Self.cgroups, count: 20))
        #expect(each < Self.most)
    }

    private func milliseconds(_ work: () -> Void) -> Double {
        let start = clock()
        work()
        return Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC)
    }
}
