import CgroupModel
import Hierarchy
import KernelIO
import TestSupport
import Testing

/// Changes between two ticks: settings, controllers, and the cgroups themselves.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "\(RealCgroups.reason)"))
struct KernelChangeTests {
    @Test(arguments: [UInt64(300), 0]) func writeIsSeenAtTheNextTick(
        settingsSeconds: UInt64
    ) async throws {
        let scratch = try ScratchHierarchy { $0.hasPids }
        try scratch.make("a")
        try scratch.make("b")
        // Noticed, or read again because it is due.
        let sampler = try Sampler(
            everythingIn: scratch, continuous: true, settingsSeconds: settingsSeconds)
        var snapshot = await sampler.sample()
        let place = try #require(snapshot.index(of: scratch.path("a")))
        let other = try #require(snapshot.index(of: scratch.path("b")))
        #expect(snapshot[place, .pidsMax] == .unlimited)
        for (text, expected) in [("77", Reading(77)), ("0", Reading(0)), ("max", .unlimited)] {
            try scratch.write(text, to: "pids.max", of: "a")
            snapshot = await sampler.sample()
            #expect(snapshot[place, .pidsMax] == expected)
            #expect(snapshot[other, .pidsMax] == .unlimited)
        }
        try scratch.write("5", to: "pids.max")
        snapshot = await sampler.sample()
        #expect(snapshot.effectiveLimit(place, .pidsMax).reading == Reading(5))
    }

    /// Between two samples, without reading anything; the next sample has the same cgroups.
    @Test func newCgroupsAreFoundBetweenTwoSamples() async throws {
        let scratch = try ScratchHierarchy()
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        let first = await sampler.sample()
        #expect(await sampler.newborns().cgroups.isEmpty)
        try scratch.make("a")
        try scratch.make("a/b")
        var list = PollList()
        for number in sampler.notices { list.add(number) }
        list.wait(milliseconds: 30_000)
        #expect(list.hasNews(0..<list.count))
        let newborns = await sampler.newborns()
        #expect(newborns.cgroups.map(\.path) == ["a", "a/b"].map { scratch.path($0) })
        #expect(newborns.tick == first.tick)
        try scratch.write("77", to: "pids.max", of: "a")
        #expect(await sampler.newborns().cgroups.isEmpty)
        let snapshot = await sampler.sample()
        #expect(snapshot.cgroups.dropFirst().map(\.id) == newborns.cgroups.map(\.id))
        #expect(snapshot.health.births == 3)
        let place = try #require(snapshot.index(of: scratch.path("a")))
        #expect(snapshot[place, .pidsMax] == Reading(77))
    }

    @Test func creationsAndRemovalsAreReportedOnce() async throws {
        let scratch = try ScratchHierarchy()
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        var snapshot = await sampler.sample()
        #expect(snapshot.cgroups.map(\.path) == [scratch.path])
        try scratch.make("a")
        try scratch.make("a/b")
        snapshot = await sampler.sample()
        try #require(snapshot.cgroups.map(\.path) == ["", "a", "a/b"].map { scratch.path($0) })
        #expect(snapshot.health.births == 3)
        let first = snapshot.cgroups[1].id
        let count = scratch.set.hierarchies.reduce(into: Set<Controller>()) {
            $0.formUnion($1.controllers)
        }
        #expect(Set(snapshot.cgroups[1].controllers) == count)
        snapshot = await sampler.sample()
        #expect(snapshot.cgroups[1].id == first)

        // Recreated in every hierarchy between two ticks.
        try scratch.remove("a/b")
        try scratch.remove("a")
        try scratch.make("a")
        snapshot = await sampler.sample()
        try #require(snapshot.cgroups.map(\.path) == ["", "a"].map { scratch.path($0) })
        let second = snapshot.cgroups[1].id
        #expect(second.generation > first.generation)
        #expect(second.inode != first.inode)
        #expect(snapshot.health.births == 4)
        #expect(snapshot.health.deaths == 2)
        for metric in MetricCatalog.all where metric.kind == .counter {
            #expect(snapshot.previous(1, metric.id) == .absent, "\(metric.name)")
            #expect(snapshot.rate(1, metric.id) == nil, "\(metric.name)")
        }
        #expect(snapshot.instances(1).allSatisfy { $0.previous == .absent })

        try scratch.remove("a")
        snapshot = await sampler.sample()
        #expect(snapshot.cgroups.map(\.path) == [scratch.path])
        #expect(snapshot.health.deaths == 3)
    }

    @Test(.enabled(if: RealCgroups.hasLegacy, "\(RealCgroups.legacyReason)"))
    func cgroupMayBeMissingInAHierarchy() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids || $0.controllers.contains(.memory) }
        let pids = try #require(scratch.set.hierarchies.first { $0.hasPids })
        let memory = try #require(
            scratch.set.hierarchies.first { $0.controllers.contains(.memory) })
        try scratch.make("a")
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        var snapshot = await sampler.sample()
        let id = snapshot.cgroups[1].id
        #expect(snapshot[1, .memoryUsage].value != nil)
        scratch.remove("a", in: memory)
        snapshot = await sampler.sample()
        #expect(snapshot[1, .memoryUsage] == .absent)
        #expect(snapshot[1, .memoryMax] == .absent)
        #expect(snapshot[1, .pidsCurrent] == Reading(0))
        #expect(snapshot.cgroups[1].id.generation == id.generation)
        #expect(!snapshot.cgroups[1].controllers.contains(.memory))
        // Another directory than the one before: the cgroup is not the one before either.
        try scratch.make("a", in: memory)
        snapshot = await sampler.sample()
        #expect(snapshot[1, .memoryUsage].value != nil)
        #expect(snapshot.cgroups[1].id.generation > id.generation)
        scratch.remove("a", in: pids)
        scratch.remove("a", in: memory)
        snapshot = await sampler.sample()
        #expect(snapshot.cgroups.count == 1)
    }

    @Test func shortLivedQuotaIsCounted() async throws {
        let scratch = try ScratchHierarchy { $0.controllers.contains(.cpu) }
        guard !scratch.set.hierarchies.isEmpty else { return }
        try scratch.make("busy")
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        _ = await sampler.sample()
        let process = try ScratchProcess.busy(in: "busy", of: scratch)
        process.waitUntilReady()
        let legacy = scratch.text("cpu.cfs_quota_us", of: "busy") != nil
        let file = legacy ? "cpu.cfs_quota_us" : "cpu.max"
        for _ in 0..<2 {
            let before = periods(scratch)
            try scratch.write("5000", to: file, of: "busy")
            for _ in 0..<3000 where periods(scratch) < before + 3 {
                try await Task.sleep(for: .milliseconds(5))
            }
            try scratch.write(legacy ? "-1" : "max", to: file, of: "busy")
            // Set and unset between two ticks, so that no snapshot ever shows the quota.
            let counted = periods(scratch)
            let snapshot = await sampler.sample()
            #expect(counted >= before + 3)
            #expect(snapshot[1, .cpuMax] == .unlimited)
            #expect(snapshot[1, .cpuPeriods] == Reading(counted))
            #expect(await sampler.sample()[1, .cpuPeriods] == Reading(periods(scratch)))
        }
    }

    private func periods(_ scratch: ScratchHierarchy) -> UInt64 {
        let lines = (scratch.text("cpu.stat", of: "busy") ?? "").split(separator: "\n")
        return lines.first { $0.hasPrefix("nr_periods ") }
            .flatMap { UInt64($0.dropFirst("nr_periods ".count)) } ?? 0
    }

    @Test(.enabled(if: RealCgroups.hasUnified, "\(RealCgroups.unifiedReason)"))
    func controllerCanBeEnabledAndDisabled() async throws {
        let scratch = try ScratchHierarchy { $0.version == .unified }
        try scratch.make("a")
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        var snapshot = await sampler.sample()
        #expect(snapshot[1, .memoryMax] == .unlimited)
        for _ in 0..<3 {
            try scratch.write("1048576", to: "memory.max", of: "a")
            snapshot = await sampler.sample()
            #expect(snapshot[1, .memoryMax] == Reading(1 << 20))
            try scratch.write("-memory", to: "cgroup.subtree_control")
            snapshot = await sampler.sample()
            // The cgroup is there, only its memory is not accounted any more.
            #expect(snapshot.cgroups.count == 2)
            #expect(snapshot[1, .memoryUsage] == .absent)
            #expect(snapshot[1, .memoryMax] == .absent)
            #expect(snapshot[1, .pidsCurrent] == Reading(0))
            try scratch.write("+memory", to: "cgroup.subtree_control")
            snapshot = await sampler.sample()
            #expect(snapshot[1, .memoryUsage].value != nil)
            // Settings are lost with the controller.
            #expect(snapshot[1, .memoryMax] == .unlimited)
            #expect(snapshot.rate(1, .memoryPageFaults) == nil)
        }
        #expect(snapshot.health.deaths == 0)
    }

    @Test func settingsReadBecauseOfAWriteAreAsOldAsThat() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids }
        try scratch.make("a")
        try scratch.make("b")
        let sampler = try Sampler(
            everythingIn: scratch, continuous: true, settingsSeconds: 300)
        let first = await sampler.sample()
        try scratch.write("77", to: "pids.max", of: "a")
        let second = await sampler.sample()
        let third = await sampler.sample()
        let written = try #require(third.index(of: scratch.path("a")))
        let other = try #require(third.index(of: scratch.path("b")))
        #expect(third.timeRead(written, .settings) == second.tierTimes[Tier.tick.rawValue].now)
        #expect(third.timeRead(other, .settings) == first.tierTimes[Tier.settings.rawValue].now)
    }
}
