import CgroupModel
import TestSupport
import Testing

@testable import Causes

/// A made situation, and what the explanation of `/a/b` must name.
struct MadeSituation: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: FindingKind
    let severity: Severity
    /// The cgroup that is to blame.
    let by: String?
    /// The file of the deciding value.
    let file: String?
    /// The first line.
    let text: String
    let make: @Sendable (inout Situation) -> Void

    init(
        _ name: String, _ kind: FindingKind, _ severity: Severity, by: String? = nil,
        file: String? = nil, _ text: String, _ make: @escaping @Sendable (inout Situation) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.severity = severity
        self.by = by
        self.file = file
        self.text = text
        self.make = make
    }

    var testDescription: String { name }

    static let all: [MadeSituation] = [
        MadeSituation(
            "quota of the parent", .quota, .slow, by: "/a", file: "/a/cpu.max",
            "throttled 37% of the time by /a: cpu.max 0.2 CPUs, in 90% of periods"
        ) { made in
            made.add(
                "/a", [.cpuMax: Reading(20_000), .cpuMaxPeriod: Reading(100_000)],
                growth: [
                    .cpuPeriods: 20, .cpuThrottledPeriods: 18, .cpuThrottledTime: 740_000,
                    .cpuUsage: 400_000,
                ])
            made.add("/a/b", growth: [.cpuUsage: 300_000], waits: (0.7, 0, 0))
        },
        MadeSituation(
            "own quota", .quota, .slow, by: "/a/b", file: "/a/b/cpu.max",
            "throttled 90% of the time by /a/b: cpu.max 1.5 CPUs, in 90% of periods"
        ) { made in
            made.add("/a", [.cpuMax: Reading(400_000), .cpuMaxPeriod: Reading(100_000)])
            made.add(
                "/a/b", [.cpuMax: Reading(150_000), .cpuMaxPeriod: Reading(100_000)],
                growth: [
                    .cpuPeriods: 20, .cpuThrottledPeriods: 18, .cpuThrottledTime: 9_000_000,
                    .cpuUsage: 3_000_000,
                ], waits: (0.9, 0, 0))
        },
        MadeSituation(
            "memory.high of an ancestor", .memoryHigh, .slow, by: "/a", file: "/a/memory.high",
            "slowed down 60% of the time by /a: memory.high 200M, 204M used"
        ) { made in
            made.add(
                "/a",
                [
                    .memoryHigh: Reading(UInt64(200).mebibytes),
                    .memoryUsage: Reading(UInt64(204).mebibytes), .memoryMax: .unlimited,
                ], growth: [.memoryHighEvents: 40])
            made.add(
                "/a/b", [.memoryHigh: .unlimited, .memoryUsage: Reading(UInt64(90).mebibytes)],
                growth: [.memoryHighEvents: 0], waits: (0, 0.6, 0.1))
        },
        MadeSituation(
            "memory.max of an ancestor, nothing to reclaim", .memoryFull, .failing, by: "/a",
            file: "/a/memory.max",
            "about to be killed at /a: memory.max 200M, 199M used, nothing left to reclaim"
        ) { made in
            made.add(
                "/a",
                [
                    .memoryMax: Reading(UInt64(200).mebibytes),
                    .memoryUsage: Reading(UInt64(199).mebibytes),
                    .memoryInactiveFile: Reading(UInt64(1).mebibytes),
                    .memoryActiveFile: Reading(0),
                ], growth: [.memoryMaxEvents: 3])
            made.add(
                "/a/b",
                [
                    .memoryMax: Reading(UInt64(150).mebibytes),
                    .memoryUsage: Reading(UInt64(20).mebibytes),
                ], waits: (0, 0.2, 0))
        },
        MadeSituation(
            "page cache churns at memory.max", .memoryReclaim, .slow, by: "/a/b",
            file: "/a/b/memory.max",
            "reclaims memory 30% of the time at /a/b: memory.max 100M, 99.9M used"
        ) { made in
            made.add("/a", [.memoryMax: .unlimited])
            made.add(
                "/a/b",
                [
                    .memoryMax: Reading(UInt64(100).mebibytes),
                    .memoryUsage: Reading(UInt64(100).mebibytes - 100_000),
                    .memoryInactiveFile: Reading(UInt64(30).mebibytes),
                    .memoryActiveFile: Reading(UInt64(30).mebibytes),
                ], growth: [.memoryMaxEvents: 300, .memoryFileRefaults: 4000],
                waits: (0, 0.3, 0.2))
        },
        MadeSituation(
            "OOM kill", .killed, .failing, by: "/a", file: "/a/b/memory.events oom_kill",
            "killed by the OOM killer at /a: memory.max 200M"
        ) { made in
            made.add(
                "/a",
                [
                    .memoryMax: Reading(UInt64(200).mebibytes),
                    .memoryUsage: Reading(UInt64(120).mebibytes),
                ], growth: [.memoryLocalOOMs: 1, .memoryOOMKills: 1])
            made.add("/a/b", growth: [.memoryOOMKills: 1])
        },
        MadeSituation(
            "io.max of an ancestor", .ioLimit, .slow, by: "/a", file: "/a/io.max wbps",
            "I/O is throttled by /a: io.max.wbps[8:0] 10M/s; waits 80% of the time"
        ) { made in
            made.add("/a")
            made.device(.ioMaxWritten, UInt64(10).mebibytes, .ioWrittenBytes, perSecond: 10.2e6)
            made.add("/a/b", waits: (0, 0, 0.8))
            made.device(.ioMaxRead, UInt64(10).mebibytes, .ioReadBytes, perSecond: 5e3)
        },
        MadeSituation(
            "pids.max of an ancestor", .forksFail, .failing, by: "/a", file: "/a/pids.max",
            "forks fail at /a: pids.max 50, 50 used"
        ) { made in
            made.add("/a", [.pidsMax: Reading(50), .pidsCurrent: Reading(50)])
            made.add(
                "/a/b", [.pidsMax: Reading(100), .pidsCurrent: Reading(20)],
                growth: [.pidsRefused: 7])
        },
        MadeSituation(
            "cpuset of the grandparent", .cpuset, .slow, by: "/a", file: "/a/cpuset.cpus",
            "waits 50% of the time for 1 CPU (2) of /a: cpuset.cpus, shared with /x (0.5 CPUs)"
        ) { made in
            made.add("/", [.cpusetEffectiveCPUs: word("0-3")])
            made.add("/a", [.cpusetCPUs: word("2"), .cpusetEffectiveCPUs: word("2")])
            made.add(
                "/a/b", [.cpusetCPUs: word(""), .cpusetEffectiveCPUs: word("2")],
                growth: [.cpuUsage: 1_000_000], waits: (0.5, 0, 0))
            made.add("/x", [.cpusetEffectiveCPUs: word("1-2")], growth: [.cpuUsage: 1_000_000])
            made.add("/y", [.cpusetEffectiveCPUs: word("3")], growth: [.cpuUsage: 2_000_000])
        },
        MadeSituation(
            "weight of an ancestor under contention", .weight, .slow, by: "/a",
            file: "/a/cpu.weight",
            "waits 80% of the time for a CPU: cpu.weight 50 of /a against 450 of /x (3.6 CPUs)"
        ) { made in
            made.setHostLoad(0.99)
            made.add("/")
            made.add("/a", [.cpuWeight: Reading(50)], growth: [.cpuUsage: 800_000])
            made.add(
                "/a/b", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 700_000],
                waits: (0.8, 0, 0))
            made.add("/a/c", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 100_000])
            made.add("/x", [.cpuWeight: Reading(450)], growth: [.cpuUsage: 7_200_000])
            made.add("/idle", [.cpuWeight: Reading(10000)])
        },
        MadeSituation(
            "more tasks than CPUs", .cpuWait, .slow,
            "waits 40% of the time for a CPU: no limit is reached, more tasks are runnable than "
                + "there are CPUs"
        ) { made in
            made.setHostLoad(1)
            made.add("/")
            made.add("/a", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 8_000_000])
            made.add("/a/b", growth: [.cpuUsage: 8_000_000], waits: (0.4, 0, 0))
        },
        MadeSituation(
            "frozen ancestor", .frozen, .stuck, by: "/a", file: "/a/cgroup.freeze",
            "frozen by /a: cgroup.freeze"
        ) { made in
            made.add("/a", [.freeze: Reading(1), .frozen: Reading(1)])
            made.add(
                "/a/b",
                [
                    .freeze: Reading(0), .frozen: Reading(1), .pidsMax: Reading(1),
                    .pidsCurrent: Reading(1),
                ])
        },
        MadeSituation(
            "disk without a limit", .ioWait, .slow, file: "/a/b/io.pressure some.total",
            "waits 70% of the time for I/O: no limit is reached, shared with /a/c (19.1M/s)"
        ) { made in
            made.add("/a")
            made.add("/a/b", waits: (0, 0, 0.7))
            made.device(.ioMaxRead, UInt64(900).mebibytes, .ioReadBytes, perSecond: 5e6)
            made.add("/a/c")
            made.device(.ioMaxRead, UInt64(900).mebibytes, .ioReadBytes, perSecond: 20e6)
        },
        MadeSituation(
            "near a limit", .near, .note, by: "/a", file: "/a/pids.max",
            "95% of pids.max 100 of /a is used"
        ) { made in
            made.add("/a", [.pidsMax: Reading(100), .pidsCurrent: Reading(95)])
            made.add("/a/b", [.pidsMax: .unlimited, .pidsCurrent: Reading(3)])
        },
        MadeSituation(
            "an unreadable limit", .unreadable, .note, by: "/a", file: "/a/memory.max",
            "unknown limits: memory.max of /a is not permitted"
        ) { made in
            made.add("/a", [.memoryMax: .notPermitted])
            made.add("/a/b", [.memoryMax: .unlimited])
        },
        MadeSituation(
            "removed meanwhile", .gone, .stuck, "gone: removed while it was watched"
        ) { made in
            made.add("/a")
            made.add("/a/b", [.memoryUsage: .gone, .memoryMax: .gone])
        },
        MadeSituation(
            "nobody in it", .empty, .note, "empty: neither it nor its descendants have processes"
        ) { made in
            made.add("/a")
            made.add("/a/b", [.populated: Reading(0)])
        },
        MadeSituation(
            "healthy", .healthy, .healthy,
            "healthy: usage is below 90% of every limit, pressure is below 1%"
        ) { made in
            made.add(
                "/a",
                [
                    .memoryMax: Reading(UInt64(512).mebibytes),
                    .memoryUsage: Reading(UInt64(100).mebibytes),
                ], growth: [.cpuPeriods: 20, .cpuThrottledPeriods: 0])
            made.add("/a/b", growth: [.cpuUsage: 10_000], waits: (0.002, 0, 0))
        },
        MadeSituation(
            "healthy on v1, without pressure files", .healthy, .healthy,
            "healthy: usage is below 90% of every limit; pressure is unknown (no pressure file)"
        ) { made in
            made.hasPressure = false
            made.add("/a")
            made.add("/a/b", growth: [.cpuUsage: 10_000])
        },
    ]
}
