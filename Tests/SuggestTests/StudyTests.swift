import CgroupModel
import Testing
import TestSupport

@testable import Suggest

/// What a history makes the fold suggest, and what it refuses.
@Suite struct StudyTests {
    private static let mebibyte: UInt64 = 1 << 20
    private static let day = SyntheticServer.day

    private static func study(
        _ server: SyntheticServer, _ options: SizingOptions = SizingOptions()
    ) -> Study {
        var study = Study(options)
        for snapshot in server { study.take(snapshot) }
        return study
    }

    private static func sized(
        _ server: SyntheticServer, _ options: SizingOptions = SizingOptions()
    ) -> [String: WorkloadSuggestion] {
        let study = study(server, options)
        let paths = study.records.filter(Study.isWorkload).map(\.path)
        return Dictionary(
            uniqueKeysWithValues: study.suggestions(for: Set(paths)).map {
                ($0.record.path.name, $0)
            })
    }

    /// One cgroup `/a`, sampled for two days.
    private static func one(
        restarts: [UInt64] = [], without absent: Set<String> = [], with extra: [String] = [],
        days: UInt64 = 2, _ reading: @escaping SyntheticServer.Reading
    ) throws -> WorkloadSuggestion {
        let server = SyntheticServer(
            [SyntheticServer.Cgroup("/a", restarts: restarts, reading)], length: day * days,
            without: absent, with: extra)
        return try #require(sized(server)["a"])
    }

    // MARK: A month

    @Test func noSuggestionIsReachedInAMonthAndNineTenthsOfSomeAre() throws {
        let server = SyntheticServer(SyntheticServer.month(), step: 120, length: Self.day * 30)
        let all = Self.sized(server)
        var trial = LimitTrial()
        for workload in all.values {
            for suggestion in workload.suggestions {
                trial.add(suggestion.limit, suggestion.value, to: workload.record.path)
            }
        }
        for snapshot in server { trial.take(snapshot) }
        let counts = trial.paths.flatMap { trial.counts(of: $0) }
        #expect(counts.count > 15)
        for count in counts { #expect(count.hits == 0, "\(count)") }
        for name in ["web", "leak", "restarting"] {
            let path = CgroupPath("/app.slice/\(name).service")
            let high = try #require(
                trial.counts(of: path).first { $0.limit.name == "memory.high" })
            #expect(high.hitsBelow >= 1, "\(high)")
        }
        let killed = trial.counts(of: CgroupPath("/app.slice/killed.service"))
        #expect(killed.first { $0.limit.name == "memory.max" }?.killsAvoided == 1)
    }

    @Test func eachKindOfWorkloadIsSizedByItsEvidence() throws {
        let all = Self.sized(
            SyntheticServer(SyntheticServer.month(), step: 120, length: Self.day * 30))
        func memory(_ name: String) -> Suggestion? {
            all["\(name).service"]?.suggestions.first { $0.limit.name == "memory.max" }
        }
        // The weekly spike of 90 MiB on 400; 3 GiB of cache are not needed.
        let web = try #require(memory("web"))
        #expect(web.evidence.peak.value == 490 * Self.mebibyte)
        #expect(web.evidence.growth == nil && !web.isLowerBound)
        let leak = try #require(memory("leak"))
        #expect((39...40).contains((leak.evidence.growth?.each ?? 0) / Self.mebibyte))
        let restarting = try #require(all["restarting.service"])
        #expect(restarting.record.restarts == 5 && memory("restarting")?.evidence.growth != nil)
        let killed = try #require(memory("killed"))
        #expect(killed.isLowerBound && killed.evidence.oomKills == 1)
        #expect(killed.value >= 300 * Self.mebibyte * 6 / 5)
        // The kernel charges in batches, so a limit of a few MiB is not suggested.
        #expect(memory("idle")?.value == 16 * Self.mebibyte)
        let bound = try #require(all["bound.service"])
        #expect(memory("bound") == nil)
        guard case .bound(let limit, let share, let least) = bound.unsuggested.first?.reason else {
            Issue.record("\(bound.unsuggested)")
            return
        }
        #expect(limit == 128 * Self.mebibyte && share == 1 && least > limit)
        #expect(bound.suggestions.contains { $0.limit.name == "pids.max" })
    }

    @Test func quotaIsSuggestedWhereThereIsOneOrIfAskedFor() throws {
        let server = SyntheticServer(SyntheticServer.month(days: 3), length: Self.day * 3)
        func quotas(_ all: [String: WorkloadSuggestion]) -> [String: Suggestion] {
            all.compactMapValues { $0.suggestions.first { $0.limit.name == "cpu.max" } }
        }
        let usual = quotas(Self.sized(server))
        #expect(usual.keys.sorted() == ["quota.service"])
        // Throttled in 2 % of the periods at 1.5 CPUs, so at least a fifth more.
        #expect(usual["quota.service"]?.isLowerBound == true)
        #expect(usual["quota.service"]?.value == 1_800_000)
        var options = SizingOptions()
        options.suggestsQuota = true
        let web = try #require(quotas(Self.sized(server, options))["web.service"])
        #expect(web.evidence.peak.value == 1_000_000 && !web.isLowerBound)
        #expect(web.value == 1_160_000)
    }

    @Test func weightsDivideTheSumOfTheSiblingsWeightsByNeed() throws {
        let cgroups = [(1, 900_000), (2, 90_000), (3, 10_000)].map { number, rate in
            SyntheticServer.Cgroup("/\(number)") { ["cpu.usage_usec": $0 * UInt64(rate)] }
        }
        let all = Self.sized(SyntheticServer(cgroups, length: Self.day * 2))
        let weights = all.mapValues { workload in
            workload.suggestions.first { $0.limit.name == "cpu.weight" }?.value
        }
        // 270, 27 and 3 of 300, to two digits.
        #expect(weights == ["1": 270, "2": 25, "3": 3], "\(weights)")
    }

    // MARK: Demand

    @Test func cacheThatRefaultsIsNeeded() throws {
        let still = try Self.one { _ in
            SyntheticServer.memory(100 * Self.mebibyte, cache: 500 * Self.mebibyte)
        }
        let refaulting = try Self.one { second in
            var all = SyntheticServer.memory(100 * Self.mebibyte, cache: 500 * Self.mebibyte)
            // 200 MiB are read again each minute.
            all["memory.workingset_refault_file"] = second / 60 * 51_200
            return all
        }
        #expect(still.record.demandPeak?.value == 100 * Self.mebibyte)
        #expect(refaulting.record.demandPeak?.value == 300 * Self.mebibyte)
    }

    @Test func kernelPeakBetweenTwoSnapshotsCounts() throws {
        let spiky = try Self.one { second in
            var all = SyntheticServer.memory(100 * Self.mebibyte, cache: 50 * Self.mebibyte)
            all["memory.peak"] = (second < 90_000 ? 160 : 550) * Self.mebibyte
            return all
        }
        #expect(spiky.record.demandPeak?.value == 500 * Self.mebibyte)
        // A peak from before the window says nothing about it.
        let old = try Self.one { _ in
            var all = SyntheticServer.memory(100 * Self.mebibyte)
            all["memory.peak"] = 900 * Self.mebibyte
            return all
        }
        #expect(old.record.demandPeak?.value == 100 * Self.mebibyte)
    }

    @Test func maximaOfThinnedPeriodsCount() {
        let cgroups = [
            SyntheticServer.Cgroup("/a") { _ in
                SyntheticServer.memory(100 * Self.mebibyte, cache: 50 * Self.mebibyte)
            }
        ]
        let peaks = [
            SyntheticServer.Cgroup("/a") { second in
                // The maxima of anonymous memory and of cache are of different moments.
                var all = SyntheticServer.memory(
                    (second == 3600 ? 250 : 100) * Self.mebibyte, cache: 200 * Self.mebibyte)
                all["memory.current"] = 310 * Self.mebibyte
                all["pids.current"] = 7
                return all
            }
        ]
        var study = Study(SizingOptions())
        var trial = LimitTrial()
        trial.add(SizedLimit("memory.max"), 250 * Self.mebibyte, to: CgroupPath("/a"))
        let length = Self.day * 2
        for (own, peak) in zip(
            SyntheticServer(cgroups, length: length), SyntheticServer(peaks, length: length))
        {
            study.take(own, peaks: peak)
            trial.take(own, peaks: peak)
        }
        #expect(study.records.first?.demandPeak?.value == 250 * Self.mebibyte)
        #expect(study.records.first?.tasksPeak?.value == 7)
        #expect(trial.counts(of: CgroupPath("/a")).first?.hits == 1)
    }

    @Test func softLimitIsSuggestedOnV1() throws {
        let workload = try Self.one(
            without: ["memory.high", "memory.events.high"], with: ["memory.soft_limit"]
        ) { _ in SyntheticServer.memory(100 * Self.mebibyte) }
        let names = workload.suggestions.map(\.limit.name)
        #expect(names == ["memory.max", "memory.soft_limit"])
    }

    @Test func limitOfAnAncestorThatAlwaysBindsGivesNoSuggestion() throws {
        let cgroups = [
            SyntheticServer.Cgroup("/a") { _ in
                var all = SyntheticServer.memory(100 * Self.mebibyte)
                all["memory.max"] = 100 * Self.mebibyte
                return all
            },
            SyntheticServer.Cgroup("/a/b") { _ in SyntheticServer.memory(90 * Self.mebibyte) },
        ]
        let all = Self.sized(SyntheticServer(cgroups, length: Self.day * 2))
        #expect(all["b"]?.unsuggested.map { $0.reason } == [.boundAbove(share: 1)])
    }

    // MARK: What is too little

    @Test func shortRecordingAndMostlyGapsAreRefused() {
        let cgroups = [SyntheticServer.Cgroup("/a") { _ in SyntheticServer.memory(1 << 20) }]
        let hour: UInt64 = 3_600_000_000_000
        let short = Self.study(SyntheticServer(cgroups, length: 3600 * 10))
        #expect(short.refusal == .tooShort(covered: 10 * hour, least: 24 * hour))
        var server = SyntheticServer(cgroups, length: Self.day * 2)
        for hour in 1..<48 { server.suspended[UInt64(hour) * 3600] = 7200 }
        guard case .mostlyGaps(let observed, let missing) = Self.study(server).refusal else {
            Issue.record("not refused")
            return
        }
        #expect(observed / hour == 47 && missing / hour == 94)
        #expect(Self.study(SyntheticServer(cgroups, length: Self.day)).refusal == nil)
    }

    @Test func youngCgroupIsRefusedAndDailyJobIsNot() throws {
        let study = Self.study(
            SyntheticServer(SyntheticServer.month(days: 3), length: Self.day * 3))
        let new = try #require(study.records.first { $0.path.name == "new.service" })
        guard case .tooYoung = study.refusal(of: new) else {
            Issue.record("not refused")
            return
        }
        let web = try #require(study.records.first { $0.path.name == "web.service" })
        #expect(study.refusal(of: web) == nil)
    }

    // MARK: Odd histories

    @Test func clockStepsChangeNothing() {
        let month = SyntheticServer.month(days: 3)
        let length = Self.day * 3
        var stepped = SyntheticServer(month, length: length)
        stepped.clockSteps = [
            Self.day: -7200, Self.day + 3600: 400 * 86_400, Self.day * 2: -400 * 86_400,
        ]
        let even = Self.study(SyntheticServer(month, length: length))
        let odd = Self.study(stepped)
        #expect(odd.clock.observed == even.clock.observed && odd.clock.gaps == 0)
        for (left, right) in zip(even.records, odd.records) {
            #expect(left.demandPeak?.value == right.demandPeak?.value)
            #expect(left.cpu.quantile(0.99) == right.cpu.quantile(0.99))
            #expect(left.age == right.age && left.restarts == right.restarts)
        }
    }

    @Test func suspendIsAGapWithoutUsage() throws {
        let cgroups = [
            SyntheticServer.Cgroup("/a") { ["cpu.usage_usec": $0 * 500_000, "memory.current": 1] }
        ]
        var server = SyntheticServer(cgroups, length: Self.day * 2)
        server.suspended[Self.day] = Self.day / 2
        let study = Self.study(server)
        #expect(study.clock.gaps == 1)
        #expect(study.clock.missing == (Self.day / 2 + 60) * 1_000_000_000)
        let record = try #require(study.records.first)
        #expect(record.cpu.highest == 500_000 && record.restarts == 0)
    }

    @Test func rebootIsAGapAndItsCountersStartAgain() throws {
        var study = Study(SizingOptions())
        let cgroups = [
            SyntheticServer.Cgroup("/a") { second in
                ["cpu.usage_usec": second * 500_000, "memory.events.oom_kill": 1]
            }
        ]
        for boot in 0..<2 {
            var server = SyntheticServer(cgroups, length: Self.day)
            server.clockSteps[0] = Int64(boot) * Int64(Self.day + 600)
            for snapshot in server {
                study.take(snapshot, of: RecordedRun(boot: "\(boot)", start: 1))
            }
        }
        let record = try #require(study.records.first)
        #expect(study.clock.gaps == 1 && study.clock.missing == 600_000_000_000)
        #expect(record.restarts == 1 && record.cpu.highest == 500_000)
        // The kill before the recording is not counted; the one since the boot is.
        #expect(record.oomKills == 1)
    }

    /// Tiers of a history can repeat a period after the clock was set back.
    @Test func repeatedPeriodCountsOnce() throws {
        let cgroups = [
            SyntheticServer.Cgroup("/a") { second in
                ["cpu.usage_usec": second * 500_000, "memory.events.oom_kill": second / 40_000]
            }
        ]
        let all = Array(SyntheticServer(cgroups, length: Self.day * 2))
        func record(_ snapshots: [Snapshot]) throws -> (RecordedClock, WorkloadRecord) {
            var study = Study(SizingOptions())
            for snapshot in snapshots {
                study.take(snapshot, of: RecordedRun(boot: "b", start: 1))
            }
            return (study.clock, try #require(study.records.first))
        }
        let (clock, once) = try record(all)
        let (other, twice) = try record(
            Array(all[..<1000]) + Array(all[940..<1000]) + Array(all[1000...]))
        #expect(other.samples == clock.samples && other.gaps == 0)
        #expect(other.observed == clock.observed)
        #expect(twice.oomKills == once.oomKills && twice.restarts == 0)
        #expect(twice.cpu.time == once.cpu.time && twice.cpu.highest == 500_000)
    }

    @Test func restartedRecorderContinuesTheSameCgroup() throws {
        var study = Study(SizingOptions())
        let cgroups = [
            SyntheticServer.Cgroup("/a") { ["memory.events.oom_kill": $0 < 90_000 ? 3 : 5] }
        ]
        for (number, snapshot) in SyntheticServer(cgroups, length: Self.day * 2).enumerated() {
            study.take(
                snapshot, of: RecordedRun(boot: "b", start: number < 1000 ? 1 : 2))
        }
        let record = try #require(study.records.first)
        #expect(record.restarts == 0 && record.oomKills == 2 && study.clock.gaps == 0)
    }

    @Test func cgroupThatWasNeverUsedIsNotSized() throws {
        #expect(try Self.one { _ in [:] }.suggestions.isEmpty)
    }

    @Test func hostileNumbersEndAtTheLargest() {
        let cgroups = [
            SyntheticServer.Cgroup("/a") { second in
                let huge: UInt64 = second % 120 == 0 ? 0 : Reading.largestValue
                return Dictionary(
                    uniqueKeysWithValues: SyntheticServer.metrics.map { ($0, huge) })
            }
        ]
        var options = SizingOptions()
        options.suggestsQuota = true
        let server = SyntheticServer(cgroups, length: Self.day * 2)
        #expect(Self.sized(server, options)["a"] != nil)
    }

    @Test func fullTableGivesPlacesOfShortLivedCgroupsToNewOnes() {
        var slots = WorkloadSlots(most: 2)
        func take(_ paths: String...) {
            slots.take(
                paths.map {
                    CgroupEntry(
                        path: CgroupPath($0), id: CgroupID(inode: 1, generation: 1), parent: nil,
                        controllers: [], row: RowLocation(block: 0, row: 0))
                }
            ) { _, _ in }
        }
        take("/a", "/b", "/c")
        #expect(slots.slots == [0, 1, nil] && slots.isFull && slots.isOverfull)
        slots.release([CgroupPath("/b")])
        take("/a", "/c")
        #expect(slots.slots == [0, 1] && slots.slot(of: CgroupPath("/b")) == nil)
    }
}
