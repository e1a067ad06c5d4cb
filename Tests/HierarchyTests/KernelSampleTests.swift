import CgroupModel
import Hierarchy
import KernelIO
import TestSupport
import Testing

/// Snapshots of cgroups that the test made, against the kernel's files read by hand.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "\(RealCgroups.reason)"))
struct KernelSampleTests {
    @Test func everyNumberMatchesTheKernel() async throws {
        let scratch = try ScratchHierarchy()
        for name in ["busy", "memory", "deep", "deep/er"] { try scratch.make(name) }
        let busy = try ScratchProcess.busy(in: "busy", of: scratch)
        let memory = try ScratchProcess.holding(megabytes: 20, in: "memory", of: scratch)
        busy.waitUntilReady()
        memory.waitUntilReady()
        limit(scratch)

        let sampler = try Sampler(everythingIn: scratch)
        var doubtful: Set<String> = []
        for attempt in 0..<6 {
            let before = Files(scratch)
            let snapshot = await sampler.sample()
            let after = Files(scratch)
            #expect(snapshot.health.malformed == 0)
            let paths = ["", "/busy", "/deep", "/deep/er", "/memory"]
            #expect(
                snapshot.cgroups.map(\.path.description)
                    == paths.map { "\(scratch.path)\($0)" })
            let comparison = Comparison(snapshot, scratch, before, after)
            #expect(comparison.wrong.isEmpty)
            #expect(comparison.compared > 150)
            // A gauge that changes concurrently may match another reading.
            doubtful =
                attempt == 0
                ? comparison.doubtful : doubtful.intersection(comparison.doubtful)
            if doubtful.isEmpty { break }
        }
        #expect(doubtful.isEmpty)
    }

    private func limit(_ scratch: ScratchHierarchy) {
        for (file, value) in [
            ("pids.max", "33"), ("memory.limit_in_bytes", "268435456"), ("memory.max", "268435456"),
            ("memory.soft_limit_in_bytes", "134217728"), ("memory.high", "201326592"),
            ("memory.low", "1048576"), ("cpu.shares", "512"), ("cpu.weight", "50"),
            ("cpu.cfs_quota_us", "80000"), ("cpu.max", "80000 100000"), ("memory.swappiness", "10"),
            ("memory.swap.max", "1048576"), ("cgroup.max.depth", "9"),
        ] {
            // A file of the other version, or of a controller that is not there.
            try? scratch.write(value, to: file, of: "memory")
            try? scratch.write(value, to: file, of: "busy")
        }
        try? scratch.write("FROZEN", to: "freezer.state", of: "deep/er")
        try? scratch.write("1", to: "cgroup.freeze", of: "deep/er")
    }

    @Test func ratesMatchTheProcess() async throws {
        let scratch = try ScratchHierarchy { $0.hasCPUTime }
        try scratch.make("busy")
        let process = try ScratchProcess.busy(in: "busy", of: scratch)
        process.waitUntilReady()
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        // Other work may take the CPU away, so what the process got is the measure.
        let earliest = process.cpuTime
        let first = await sampler.sample()
        let early = process.cpuTime
        let place = try #require(first.index(of: scratch.path("busy")))
        #expect(first.cpusUsed(place) == nil)
        while process.cpuTime < early + 500_000 { try await Task.sleep(for: .milliseconds(20)) }
        let late = process.cpuTime
        let second = await sampler.sample()
        let latest = process.cpuTime
        let rate = try #require(second.cpusUsed(place))
        let used = rate * (try #require(second.tierTimes[0].seconds)) * 1e6
        // /proc counts in steps of 10 ms.
        #expect(used > Double(late - early) - 30_000)
        #expect(used < Double(latest - earliest) + 30_000)
        #expect(rate < 1.25)
    }

    @Test func unusualNamesAreRead() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids }
        var names = [
            "memory.x", "with blank", "quo\"te", "back\\slash", "tab\there", "ünï文", "..dots",
            "-dash", "x (deleted)", "a:b", "cgroup.y", "\u{1b}[31m", "%n",
        ].map { Array($0.utf8) }
        names.append([0x78, 0xff, 0x79])
        names.append([UInt8](repeating: 0x6e, count: 256))
        names.append([UInt8](repeating: 0x4e, count: 3900))
        for name in names { try scratch.make(bytes: name) }
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        for _ in 0..<2 {
            let snapshot = await sampler.sample()
            #expect(snapshot.cgroups.count == names.count + 1)
            for name in names {
                let index = try #require(
                    snapshot.index(of: scratch.path.child(name)), "\(name.prefix(20).count)")
                #expect(snapshot[index, .pidsCurrent] == Reading(0))
                #expect(snapshot[index, .pidsMax] == .unlimited)
                #expect(snapshot.cgroups[index].parent == 0)
            }
        }
    }

    @Test func deepTreesAreRead() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids }
        var name = "d"
        for _ in 0..<100 {
            try scratch.make(name)
            name += "/d"
        }
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        let snapshot = await sampler.sample()
        #expect(snapshot.cgroups.count == 101)
        for (index, cgroup) in snapshot.cgroups.enumerated().dropFirst() {
            #expect(cgroup.parent == index - 1)
            #expect(snapshot[index, .pidsCurrent] == Reading(0))
        }
    }

    @Test func fewDescriptorsGiveTheSameValues() async throws {
        let scratch = try ScratchHierarchy()
        for number in 0..<12 {
            try scratch.make("c\(number)")
            try? scratch.write("\(number + 10)", to: "pids.max", of: "c\(number)")
        }
        let many = try Sampler(everythingIn: scratch, continuous: true, settingsSeconds: 0)
        let few = try Sampler(
            everythingIn: scratch, continuous: true, budget: 40, settingsSeconds: 0)
        var difference: [String] = ["never compared"]
        // Kernel memory of a new cgroup may settle a moment later.
        for _ in 0..<5 where !difference.isEmpty {
            let left = await many.sample()
            let right = await few.sample()
            #expect(left.blocks.count == 1)
            #expect(right.blocks.count > 5)
            #expect(right.health.descriptors < left.health.descriptors * 2)
            #expect(left.cgroups.map(\.path) == right.cgroups.map(\.path))
            difference = []
            for index in left.cgroups.indices {
                for metric in MetricCatalog.all
                where left.values(index, metric) != right.values(index, metric) {
                    difference.append("\(metric.name) of \(left.cgroups[index].path)")
                }
            }
        }
        #expect(difference.isEmpty)
    }
}
