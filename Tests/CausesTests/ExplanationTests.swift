import CgroupModel
import TestSupport
import Testing

@testable import Causes

@Suite struct ExplanationTests {
    @Test(arguments: MadeSituation.all)
    func theVerdictNamesTheRightCgroupAndFile(made: MadeSituation) throws {
        var situation = Situation()
        made.make(&situation)
        let explanation = try situation.explained("/a/b")
        let verdict = explanation.verdict
        #expect(verdict.kind == made.kind)
        #expect(verdict.severity == made.severity)
        #expect(verdict.culprit == made.by.map { CgroupPath($0) })
        #expect(verdict.text == made.text)
        if let file = made.file { #expect(verdict.evidence.first?.place == file) }
        #expect(explanation.lines.first?.text == made.text)
    }

    /// The average of the last 10 s can be another number.
    @Test func evidenceOfAWaitIsTheShareThatTheSentenceNames() throws {
        var made = Situation()
        made.add("/")
        made.add("/a")
        made.add("/a/b", waits: (0.06, 0, 0))
        let verdict = try made.explained("/a/b").verdict
        #expect(verdict.text.hasPrefix("waits 6% of the time for a CPU"))
        #expect(verdict.evidence.first?.name == "cpu.pressure.some.total")
        #expect(verdict.evidence.first?.text == "6% of the time")
    }

    /// The v2 files of a cgroup do not cover processes that are in it only in v1 hierarchies.
    @Test func pressureOfProcessesInOtherHierarchiesIsUnknown() throws {
        var made = Situation()
        made.add("/a")
        made.add("/a/b", [.populated: Reading(0), .pidsCurrent: Reading(3)])
        let verdict = try made.explained("/a/b").verdict
        #expect(
            verdict.text
                == "healthy: usage is below 90% of every limit; pressure is unknown "
                + "(its processes are only in v1 hierarchies)")
        #expect(verdict.share == nil)
    }

    @Test func v1FilesHaveTheirOwnNames() throws {
        var made = Situation()
        made.hasPressure = false
        made.files = SourceFiles(legacy: [.cpu, .cpuacct, .memory, .freezer, .pids])
        made.add(
            "/a", [.cpuMax: Reading(20_000), .cpuMaxPeriod: Reading(100_000)],
            growth: [.cpuPeriods: 20, .cpuThrottledPeriods: 20, .cpuThrottledTime: 1_600_000])
        made.add("/a/b", growth: [.cpuUsage: 300_000])
        let verdict = try made.explained("/a/b").verdict
        #expect(
            verdict.text == "throttled 80% of the time by /a: cpu.max 0.2 CPUs, in 100% of periods")
        #expect(
            verdict.evidence.map(\.place).prefix(2) == [
                "/a/cpu.cfs_quota_us", "/a/cpu.stat nr_throttled",
            ])
    }

    @Test func anIdleCgroupBelowAThrottledOneIsNotCalledSlow() throws {
        var made = Situation()
        made.add(
            "/a", [.cpuMax: Reading(20_000), .cpuMaxPeriod: Reading(100_000)],
            growth: [.cpuPeriods: 20, .cpuThrottledPeriods: 18])
        made.add("/a/b")
        #expect(try made.explained("/a/b").verdict.severity == .note)
    }

    @Test func aQuotaThatCostsLittleHidesNoOtherCause() throws {
        var made = Situation()
        made.add("/")
        made.add("/a", [.cpusetCPUs: word("0"), .cpusetEffectiveCPUs: word("0")])
        made.add(
            "/a/b",
            [
                .cpuMax: Reading(90_000), .cpuMaxPeriod: Reading(100_000),
                .cpusetEffectiveCPUs: word("0"),
            ],
            growth: [
                .cpuPeriods: 20, .cpuThrottledPeriods: 1, .cpuThrottledTime: 40_000,
                .cpuUsage: 800_000,
            ], waits: (0.6, 0, 0))
        made.add(
            "/a/c", [.cpusetEffectiveCPUs: word("0")], growth: [.cpuUsage: 1_000_000])
        let findings = try made.explained("/a/b").findings
        #expect(findings.map(\.kind) == [.cpuset, .quota], "\(findings.map(\.kind))")
        #expect(findings.first?.share == 0.6 && findings.last?.severity == .note)
    }

    /// The evidence names the file that has the value.
    @Test func aCpusetIsShownWithTheFileThatListsItsCPUs() throws {
        for (written, file) in [
            ("0", "/a/cpuset.cpus"), ("0-1", "/a/cpuset.cpus.effective"),
        ] {
            var made = Situation()
            made.add("/")
            made.add("/a", [.cpusetCPUs: word(written), .cpusetEffectiveCPUs: word("0")])
            made.add(
                "/a/b", [.cpusetEffectiveCPUs: word("0")], growth: [.cpuUsage: 800_000],
                waits: (0.6, 0, 0))
            let verdict = try made.explained("/a/b").verdict
            #expect(verdict.kind == .cpuset)
            #expect(verdict.evidence.first?.place == file, "\(written)")
        }
    }

    /// The kernel counts whose limit it was, and it was nobody's here.
    @Test func noLimitIsNamedIfTheHostRanOutOfMemory() throws {
        var made = Situation()
        made.add(
            "/a",
            [
                .memoryMax: Reading(UInt64(200).mebibytes),
                .memoryUsage: Reading(UInt64(190).mebibytes), .memoryLocalOOMs: Reading(0),
            ])
        made.add("/a/b", growth: [.memoryOOMKills: 1])
        let verdict = try made.explained("/a/b").verdict
        #expect(verdict.kind == .killed && verdict.culprit == nil && verdict.bound == nil)
    }

    /// An ancestor counts the forks that fail anywhere below it.
    @Test func refusalsOfASiblingAreNotOnesOwn() throws {
        var made = Situation()
        made.add(
            "/a", [.pidsMax: Reading(500), .pidsCurrent: Reading(20)], growth: [.pidsRefused: 7])
        made.add("/a/b", [.pidsMax: Reading(100), .pidsCurrent: Reading(5)])
        made.add("/a/c", [.pidsMax: Reading(15), .pidsCurrent: Reading(15)])
        #expect(try !made.explained("/a/b").findings.contains { $0.kind == .forksFail })
    }

    @Test func useWithoutAQuotaIsARateToo() throws {
        var made = Situation()
        made.add("/a", [.cpuMax: .unlimited], growth: [.cpuUsage: 3_000_000])
        made.add("/a/b", [.cpuMax: .unlimited], growth: [.cpuUsage: 500_000])
        let bound = try #require(
            try made.explained("/a/b").bounds.first { $0.limit.metric == .cpuMax })
        #expect(bound.used == 0.25 && bound.most == nil && bound.limit.cgroup.text == "/a/b")
    }

    @Test func pressureOfAHybridTreeWithoutTheTasksIsNotBelieved() throws {
        var made = Situation()
        made.add(
            "/a", [.cpuMax: Reading(20_000), .cpuMaxPeriod: Reading(100_000)],
            growth: [.cpuPeriods: 20, .cpuThrottledPeriods: 20])
        made.add(
            "/a/b", [.populated: Reading(0), .pidsCurrent: Reading(1)],
            growth: [.cpuUsage: 300_000])
        let explanation = try made.explained("/a/b")
        #expect(explanation.findings.map(\.kind) == [.quota])
        #expect(explanation.verdict.severity == .slow)
    }

    @Test func theGreaterLossComesFirst() throws {
        var made = Situation()
        made.add(
            "/a",
            [
                .cpuMax: Reading(200_000), .cpuMaxPeriod: Reading(100_000),
                .memoryHigh: Reading(UInt64(200).mebibytes),
                .memoryUsage: Reading(UInt64(204).mebibytes),
            ], growth: [.cpuPeriods: 20, .cpuThrottledPeriods: 3, .memoryHighEvents: 3])
        made.add("/a/b", growth: [.cpuUsage: 1000], waits: (0.2, 0.6, 0))
        #expect(try made.explained("/a/b").findings.map(\.kind) == [.memoryHigh, .quota])
    }

    /// The lowest limit is not the one that binds, where an ancestor counts other children too.
    @Test func theLimitWithTheLeastHeadroomBinds() throws {
        var made = Situation()
        made.add(
            "/a",
            [
                .memoryMax: Reading(UInt64(200).mebibytes),
                .memoryUsage: Reading(UInt64(150).mebibytes),
            ])
        made.add(
            "/a/b",
            [
                .memoryMax: Reading(UInt64(100).mebibytes),
                .memoryUsage: Reading(UInt64(10).mebibytes),
            ])
        let bound = try #require(
            try made.explained("/a/b").bounds.first { $0.limit.metric == .memoryMax })
        #expect(bound.limit.cgroup == CgroupPath("/a"))
        #expect(bound.headroom == Double(UInt64(50).mebibytes))
    }

    @Test func timeUntilALimitFollowsFromTheGrowthAtItsLevel() throws {
        var made = Situation()
        made.add(
            "/a",
            [
                .memoryMax: Reading(UInt64(500).mebibytes),
                .memoryUsage: Reading(UInt64(300).mebibytes),
                .memoryAnon: Reading(UInt64(300).mebibytes),
            ],
            earlier: [
                .memoryUsage: UInt64(280).mebibytes, .memoryAnon: UInt64(280).mebibytes,
            ])
        made.add("/a/b", [.memoryUsage: Reading(UInt64(1).mebibytes)])
        let explanation = try made.explained("/a/b")
        let verdict = explanation.verdict
        #expect(verdict.bound?.secondsLeft == 20)
        #expect(verdict.severity == .failing)
        #expect(verdict.text == "reaches memory.max 500M of /a in 20s at 10M/s")
    }

    @Test func growingPageCacheIsNoKill() throws {
        var made = Situation()
        made.add("/a")
        made.add(
            "/a/b",
            [
                .memoryMax: Reading(UInt64(500).mebibytes),
                .memoryUsage: Reading(UInt64(300).mebibytes),
                .memoryAnon: Reading(UInt64(30).mebibytes),
            ],
            earlier: [.memoryUsage: UInt64(280).mebibytes, .memoryAnon: UInt64(30).mebibytes])
        let verdict = try made.explained("/a/b").verdict
        #expect(verdict.kind == .memorySoon)
        #expect(verdict.severity == .soon)
    }

    @Test func freeSwapKeepsAFullLimitFromBeingAKill() throws {
        var made = Situation()
        made.setSwapFree(UInt64(900).mebibytes)
        made.add("/a")
        made.add(
            "/a/b",
            [
                .memoryMax: Reading(UInt64(200).mebibytes),
                .memoryUsage: Reading(UInt64(200).mebibytes), .memoryInactiveFile: Reading(0),
                .memoryActiveFile: Reading(0),
            ], growth: [.memoryMaxEvents: 9, .memoryAnonRefaults: 900], waits: (0, 0.4, 0))
        #expect(try made.explained("/a/b").verdict.kind == .memoryReclaim)
    }

    @Test func aLimitOutsideAContainersViewBindsOnV1() throws {
        var made = Situation()
        made.hasPressure = false
        made.files = SourceFiles(legacy: [.memory])
        made.add("/", [.memoryMax: .unlimited])
        made.add(
            "/a",
            [
                .memoryMax: .unlimited, .memoryUsage: Reading(UInt64(190).mebibytes),
                .memoryMaxEffective: Reading(UInt64(200).mebibytes),
            ])
        let bound = try #require(try made.explained("/a").bounds.first)
        #expect(bound.limit.place == "/a/memory.stat hierarchical_memory_limit")
        #expect(
            try made.explained("/a").verdict.text
                == "95% of memory.max.effective 200M of /a is used")
    }

    /// Its processes are in another cgroup there, often the root.
    @Test func limitOfAnAncestorDoesNotApplyWithoutTheCgroupInThatTreeOnV1() throws {
        for legacy: Set<Controller> in [[.memory, .cpu, .pids], []] {
            var made = Situation()
            made.files = SourceFiles(legacy: legacy)
            made.add(
                "/a",
                [
                    .memoryMax: .unlimited, .memoryUsage: Reading(10), .pidsMax: Reading(50),
                    .pidsCurrent: Reading(1), .cpuMax: Reading(150_000),
                    .cpuMaxPeriod: Reading(100_000),
                ])
            made.add("/a/b", [.memoryMax: .unlimited, .memoryUsage: Reading(10)])
            let bounds = try made.explained("/a/b").bounds
            for metric in [MetricID.pidsMax, .cpuMax] {
                let bound = try #require(bounds.first { $0.limit.metric == metric })
                #expect((bound.most == nil) == !legacy.isEmpty, "\(bound.limit.place)")
            }
        }
    }

    @Test func weightsDecideOnV1OnlyForAProcessThatTakesItsPart() throws {
        for (used, kind) in [(UInt64(790_000), FindingKind.weight), (100_000, .healthy)] {
            var made = Situation()
            made.hasPressure = false
            made.files = SourceFiles(legacy: [.cpu, .cpuacct])
            made.setHostLoad(0.99)
            made.add("/")
            made.add("/a", [.cpuShares: Reading(102)], growth: [.cpuUsage: used])
            made.add("/x", [.cpuShares: Reading(918)], growth: [.cpuUsage: 7_000_000])
            let verdict = try made.explained("/a").verdict
            #expect(verdict.kind == kind)
            if kind == .weight { #expect(verdict.evidence.first?.place == "/a/cpu.shares") }
        }
    }

    @Test func aSingleSampleHasNoRatesAndSaysSo() throws {
        var made = Situation()
        made.forgetRates()
        made.add("/a", [.memoryMax: Reading(100), .memoryUsage: Reading(10)])
        let explanation = try made.explained("/a")
        #expect(explanation.window == nil)
        #expect(explanation.lines[1].text == "  /a, one sample, so rates and times are unknown")
    }

    @Test func everyStateOfAMissingLimitIsShown() throws {
        let states: [(Reading, String)] = [
            (.unlimited, "max"), (.absent, "absent"), (.unsupported, "unsupported"),
            (.notPermitted, "not permitted"), (.malformed, "malformed"),
        ]
        for (reading, text) in states {
            var made = Situation()
            made.add("/a", [.memoryMax: reading, .memoryUsage: Reading(5)])
            let bound = try #require(try made.explained("/a").bounds.first)
            #expect(bound.limit.text == text)
            #expect(bound.headroom == nil)
        }
    }

    @Test func processesOfTheRootItselfAreNamedAsTheLargestUser() throws {
        var made = Situation()
        made.setCPUs(2)
        made.setHostLoad(0.99)
        made.add("/", growth: [.cpuUsage: 4_000_000])
        made.add(
            "/a", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 260_000], waits: (0.27, 0, 0))
        made.add("/b", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 260_000])
        let explanation = try made.explained("/a")
        #expect(
            explanation.verdict.text
                == "waits 27% of the time for a CPU: cpu.weight 100 of /a against the processes in "
                + "/ itself (1.74 CPUs), 100 of /b (0.13 CPUs)")
        let heaviest = try #require(explanation.verdict.competitors.first)
        #expect(heaviest.isDirect && heaviest.cgroup == .root)
    }

    @Test func usageThatTheChildrenExplainIsNotThatOfTheParentItself() throws {
        var made = Situation()
        made.setCPUs(2)
        made.setHostLoad(0.99)
        made.add("/", growth: [.cpuUsage: 4_000_000])
        made.add(
            "/a", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 300_000], waits: (0.27, 0, 0))
        made.add("/b", [.cpuWeight: Reading(100)], growth: [.cpuUsage: 3_600_000])
        #expect(try made.explained("/a").verdict.competitors.map(\.cgroup) == [CgroupPath("/b")])
    }

    @Test func freezeOfV2OnAHybridNamesTheFileOfV2() throws {
        var made = Situation()
        made.files = SourceFiles(legacy: [.freezer])
        made.add(
            "/a", [.frozen: Reading(1), .freeze: Reading(1), .freezerState: word("THAWED")])
        let files = try made.explained("/a").verdict.evidence.map(\.file)
        #expect(files == ["cgroup.freeze", "cgroup.events frozen"])
    }

    @Test func settingsAreAsOldAsTheirOwnRead() throws {
        var builder = SnapshotBuilder()
        builder.add("/a", ["pids.max": Reading(10), "pids.current": Reading(10)])
        var snapshot = builder.build()
        let read = snapshot.tierTimes[0].now
        snapshot.settingsReads = [snapshot.cgroups[0].row: read + 55_000_000_000]
        let explanation = Explanation(0, in: snapshot, at: read + 58_000_000_000)
        let evidence = try #require(
            explanation.verdict.evidence.first { $0.metric == .pidsMax })
        #expect(evidence.age == 3)
    }
}
