import Actuation
import CgroupModel
import Foundation
import Hierarchy
import Testing

@Suite struct LimitPlannerTests {
    private func commands(_ plan: LimitPlan) -> [String] {
        plan.writes.map { "\($0.cell.file)=\($0.command)" }
    }

    private func refusal(_ body: () throws -> LimitPlan) -> ActuationError? {
        do {
            let plan = try body()
            Issue.record("planned \(plan.writes.map(\.command))")
            return nil
        } catch {
            return error as? ActuationError
        }
    }

    @Test func memoryAndSwapWidenOutsideInAndNarrowInsideOut() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let raise = try machine.plan(["memory.max=300MiB", "memory.memsw.max=400MiB"])
        #expect(
            commands(raise) == [
                "memory.memsw.limit_in_bytes=419430400", "memory.limit_in_bytes=314572800",
            ])
        let lower = try machine.plan(["memory.memsw.max=60MiB", "memory.max=50MiB"])
        #expect(
            commands(lower) == [
                "memory.limit_in_bytes=52428800", "memory.memsw.limit_in_bytes=62914560",
            ])
    }

    @Test func unknownPageSizeIsRefusedWithTheKnownOnes() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup(
            "/a",
            [
                "cgroup.controllers": "hugetlb", "hugetlb.2MB.max": "max",
                "hugetlb.1GB.max": "max",
            ])
        let error = refusal { try machine.plan(["hugetlb.3MB.max=6MiB"]) }
        #expect(
            error?.message == "this kernel has no hugetlb.3MB.max in /a; sizes here: 1GB, 2MB")
    }

    @Test func memoryLimitAboveTotalIsRefusedByThePlanner() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let error = refusal { try machine.plan(["memory.max=300MiB"]) }
        #expect(error?.code == .usage && error?.message.contains("memory.memsw.max") == true)
        let other = refusal { try machine.plan(["memory.memsw.max=100MiB"]) }
        #expect(other?.message.contains("memory.max") == true)
    }

    @Test func aLimitBelowUsageNeedsForceOrShrink() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        try machine.cgroup("/a", in: "memory", ["memory.usage_in_bytes": "100000000"])
        let wish = ["memory.max=50MiB"]
        let error = refusal { try machine.plan(wish) }
        #expect(error?.code == .refused && error?.message.contains("--shrink") == true)
        #expect(try machine.plan(wish, force: true).warnings.count == 1)
        #expect(try machine.plan(wish, shrink: true).writes.map(\.shrinks) == [true])
    }

    @Test func limitWithinFivePercentOfUsageNeedsForceOnV2() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["memory.max": "max", "memory.current": "100000000"])
        #expect(refusal { try machine.plan(["memory.max=104MB"]) }?.code == .refused)
        #expect(try machine.plan(["memory.max=106MB"]).writes.count == 1)
    }

    /// It takes effect immediately, so a warning is needed.
    @Test func throttleLimitBelowUsageWarnsInAdvance() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["memory.high": "max", "memory.current": "100000000"])
        for name in ["memory.high", "memory.soft_limit"] {
            let plan = try machine.plan(["\(name)=50MB"])
            #expect(plan.writes.count == 1)
            #expect(plan.warnings.contains { $0.contains("slowed down") && $0.contains("/a") })
            #expect(
                try !machine.plan(["\(name)=200MB"]).warnings.contains { $0.contains("slowed") })
        }
    }

    @Test func totalOnV2IsSwapBeyondMemory() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup(
            "/a", ["memory.max": "max", "memory.swap.max": "max", "memory.current": "0"])
        #expect(refusal { try machine.plan(["memory.memsw.max=200MiB"]) }?.code == .usage)
        let plan = try machine.plan(["memory.memsw.max=200MiB", "memory.max=150MiB"])
        #expect(
            Set(commands(plan)) == ["memory.swap.max=52428800", "memory.max=157286400"])
        #expect(
            refusal { try machine.plan(["memory.memsw.max=1MiB", "memory.max=2MiB"]) }?.code
                == .usage)
    }

    @Test func quotaAndPeriodChangeThroughTheTighterState() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        try machine.cgroup(
            "/a", in: "cpu", ["cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"])
        // Half the period: the quota first, because 25000 of 100000 is less than 50000 of 50000.
        let shorter = try machine.plan(["cpu.max.period=50ms"])
        #expect(commands(shorter) == ["cpu.cfs_quota_us=25000", "cpu.cfs_period_us=50000"])
        // Twice the period: the period first: 50000 of 200000 is less than 100000 of 100000.
        let longer = try machine.plan(["cpu.max.period=200ms"])
        #expect(commands(longer) == ["cpu.cfs_period_us=200000", "cpu.cfs_quota_us=100000"])
    }

    /// A tenant can write the longest quota with the shortest period.
    @Test func quotaIsAtMostTheLongestOne() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let longest: UInt64 = 17_592_186_044_415
        try machine.cgroup(
            "/a", in: "cpu", ["cpu.cfs_quota_us": "\(longest)", "cpu.cfs_period_us": "1000"])
        let plan = try machine.plan(["cpu.max.period=50ms"])
        #expect(
            commands(plan) == ["cpu.cfs_period_us=50000", "cpu.cfs_quota_us=\(longest)"])
        for cpus: UInt64 in [longest * 1000, .max] {
            for period: UInt64 in [1048, 50_000, 1_000_000, .max] {
                #expect(Bandwidth(cpus: .number(cpus), period: period).quota == longest)
            }
        }
        #expect(Bandwidth(cpus: .number(1_500_000), period: 100_001).quota == 150_002)
    }

    @Test func burstAboveItsQuotaIsRefused() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        try machine.cgroup(
            "/a", in: "cpu", ["cpu.cfs_quota_us": "100000", "cpu.cfs_burst_us": "80000"])
        let error = refusal { try machine.plan(["cpu.max=0.5cpus"]) }
        #expect(error?.code == .usage && error?.message.contains("cpu.max.burst") == true)
        let lower = try machine.plan(["cpu.max=0.5cpus", "cpu.max.burst=40ms"])
        #expect(commands(lower) == ["cpu.cfs_burst_us=40000", "cpu.cfs_quota_us=50000"])
        let raise = try machine.plan(["cpu.max.burst=150ms", "cpu.max=2cpus"])
        #expect(commands(raise) == ["cpu.cfs_quota_us=200000", "cpu.cfs_burst_us=150000"])
    }

    @Test func legacyQuotasStayBetweenParentAndChild() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        for (path, quota) in [("/a", "100000"), ("/a/b", "80000"), ("/a/b/c", "-1")] {
            try machine.cgroup(
                path, in: "cpu", ["cpu.cfs_quota_us": quota, "cpu.cfs_period_us": "100000"])
        }
        try machine.cgroup(
            "/a/b/c/d", in: "cpu", ["cpu.cfs_quota_us": "60000", "cpu.cfs_period_us": "100000"])
        #expect(refusal { try machine.plan(["cpu.max=2cpus"], on: "/a/b") }?.code == .outOfRange)
        // The grandchild counts, because the child between has no quota.
        let error = refusal { try machine.plan(["cpu.max=0.5cpus"], on: "/a/b") }
        #expect(error?.message.contains("/a/b/c/d") == true)
        #expect(try machine.plan(["cpu.max=0.7cpus"], on: "/a/b").writes.count == 1)
        #expect(try machine.plan(["cpu.max=max"], on: "/a/b").writes.count == 1)
    }

    @Test func idleKeepsTheOriginalWeightInTheJournal() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        #expect(
            commands(try machine.plan(["cpu.idle=1"])) == ["cpu.shares=1024", "cpu.idle=1"])
        #expect(refusal { try machine.plan(["cpu.idle=1", "cpu.weight=5"]) }?.code == .usage)
        try machine.cgroup("/a", in: "cpu", ["cpu.idle": "1", "cpu.shares": "3"])
        #expect(refusal { try machine.plan(["cpu.weight=5"]) }?.code == .refused)
        #expect(
            commands(try machine.plan(["cpu.weight=5", "cpu.idle=0"]))
                == ["cpu.idle=0", "cpu.shares=51"])
    }

    @Test func cpusetsStayWithinTheParentAndAroundTheChildren() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        for (path, cpus) in [("/a", "0-2"), ("/a/b", "0-1"), ("/a/b/c", "1")] {
            try machine.cgroup(
                path, in: "cpuset", ["cpuset.cpus": cpus, "cpuset.mems": "0"])
        }
        #expect(refusal { try machine.plan(["cpuset.cpus=3"], on: "/a/b") }?.code == .outOfRange)
        let error = refusal { try machine.plan(["cpuset.cpus=0"], on: "/a/b") }
        #expect(error?.code == .inTheWay)
        #expect(error?.message.contains("/a/b/c") == true)
        #expect(commands(try machine.plan(["cpuset.cpus=1-2"], on: "/a/b")) == ["cpuset.cpus=1-2"])
    }

    @Test func aUnifiedCpusetWithoutIntersectionIsRefused() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("", ["cpuset.cpus.effective": "0-1"])
        try machine.cgroup("/a", ["cpuset.cpus": "", "cpuset.cpus.effective": "0-1"])
        #expect(refusal { try machine.plan(["cpuset.cpus=2-3"]) }?.code == .outOfRange)
        #expect(try machine.plan(["cpuset.cpus=1-3"]).warnings.count == 1)
    }

    @Test func limitsThatTheHostLacksAreReported() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        for (wish, hint) in [
            ("memory.low=1MiB", "only on v2"), ("rdma.max=x:hca_handle=1", "no hierarchy"),
            ("memory.zswap.max=1MiB", "only on v2"), ("cpuset.cpus=0", "does not exist"),
        ] {
            let error = refusal { try machine.plan([wish]) }
            #expect(error?.message.contains(hint) == true, "\(wish): \(error?.message ?? "")")
        }
        let unified = try FakeMachine(["": "cgroup2"])
        try unified.cgroup("/a", ["cgroup.controllers": "cpu"])
        let disabled = refusal { try unified.plan(["memory.max=1MiB"]) }
        #expect(disabled?.message.contains("cgwarden create --controllers") == true)
        #expect(refusal { try unified.plan(["net_cls.classid=1"]) }?.code == .unavailable)
    }

    @Test func rootAndRepeatedLimitsAreRefused() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        #expect(refusal { try machine.plan(["pids.max=5"], on: "/") }?.code == .refused)
        for twice in [["pids.max=5", "pids.max=6"], ["memory.max=5MiB", "memory.max=6MiB"]] {
            #expect(refusal { try machine.plan(twice) }?.code == .usage)
        }
        let unified = try FakeMachine(["": "cgroup2"])
        try unified.cgroup("/a", ["memory.high": "max", "memory.swap.max": "max"])
        for twice in [
            ["memory.soft_limit=5MiB", "memory.high=6MiB"],
            ["memory.memsw.max=5MiB", "memory.swap.max=1MiB"],
        ] {
            #expect(refusal { try unified.plan(twice) }?.code == .usage)
        }
    }

    @Test func outerCgroupsWidenFirstAndInnerOnesNarrowFirst() throws {
        let machine = try FakeMachine(FakeMachine.legacy)
        for path in ["/a", "/a/b"] {
            try machine.cgroup(path, in: "pids", ["pids.max": "100", "pids.current": "0"])
        }
        let wider = LimitPlan.joined([
            try machine.plan(["pids.max=200"], on: "/a/b"),
            try machine.plan(["pids.max=200"], on: "/a"),
        ])
        #expect(wider.writes.map(\.directory.path.depth) == [1, 2])
        let narrower = LimitPlan.joined([
            try machine.plan(["pids.max=50"], on: "/a"),
            try machine.plan(["pids.max=50"], on: "/a/b"),
        ])
        #expect(narrower.writes.map(\.directory.path.depth) == [2, 1])
    }

    @Test func eachDiskHasItsOwnLimit() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["io.max": "8:0 rbps=100 wbps=max riops=max wiops=7"])
        let plan = try machine.plan(["io.max=8:0:rbps=1MB/s,wiops=max", "io.max=8:16:rbps=2MB/s"])
        #expect(
            plan.writes.map { "\($0.command) was \($0.rawOld)" }.sorted() == [
                "8:0 rbps=1000000 was 100", "8:0 wiops=max was 7", "8:16 rbps=2000000 was max",
            ])
    }

    @Test func missingDiskIsReported() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["io.max": ""])
        for name in ["nosuch", "/dev/null", "/dev/nosuch", "8", "8:x"] {
            let error = refusal { try machine.plan(["io.max=\(name):rbps=1MB/s"]) }
            #expect(error?.code == .notFound && error?.message.contains("lsblk") == true)
        }
    }

    /// Row 41: a partition has no limits of its own.
    @Test func partitionIsReplacedByItsDiskWithANote() throws {
        let machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/a", ["io.max": ""])
        for (file, text) in [
            ("sys/class/block/vda/dev", "254:0"), ("sys/class/block/vda1/dev", "254:1"),
            ("sys/devices/vda/vda1/partition", "1"), ("sys/devices/vda/size", "8"),
        ] {
            let url = URL(filePath: "\(machine.root)/\(file)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("\(text)\n".utf8).write(to: url)
        }
        let links = "\(machine.root)/sys/dev/block"
        try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
        for (number, place) in [("254:0", "vda"), ("254:1", "vda/vda1")] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(links)/\(number)", withDestinationPath: "../../devices/\(place)")
        }
        let set = try HierarchySet.discover(.captured(in: machine.root, withSys: true))
        let request = try LimitRequest.all(
            parsing: "io.max=vda1:wbps=1MB/s",
            host: HostFacts(memoryBytes: nil, cpus: RangeList([0]), nodes: [:]))[0]
        let plan = try LimitPlanner(ActingContext(set)).plan([request], on: CgroupPath("/a"))
        #expect(plan.writes.map(\.command) == ["254:0 wbps=1000000"])
        #expect(plan.warnings.contains { $0.contains("vda1 is a partition") }, "\(plan.warnings)")
    }
}
