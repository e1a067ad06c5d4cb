import CgroupModel
import Hierarchy
import TestSupport
import Testing

/// Cgroups that are listed but not read, and the accounting of each collector.
@Suite struct ReadDepthTests {
    @Test(arguments: CapturedTree.names) func tooDeepCgroupsAreListedButNotRead(name: String)
        async throws
    {
        let tree = try CapturedTree(name)
        let set = try HierarchySet.discover(tree.system)
        func snapshot(_ depth: Int?) async throws -> Snapshot {
            var configuration = SamplerConfiguration()
            configuration.readDepth = depth
            let plan = ReadPlan(ReadPlan.metrics(upTo: .settings), on: set)
            let sampler = try Sampler(plan, on: set, configuration)
            return await sampler.sample()
        }
        let (all, some) = (try await snapshot(nil), try await snapshot(1))
        #expect(all.cgroups.map(\.path) == some.cgroups.map(\.path))
        #expect(some.cgroups.contains { $0.path.depth > 1 })
        for (index, cgroup) in some.cgroups.enumerated() {
            for column in some.schema.columns {
                let expected = cgroup.path.depth > 1 ? .absent : all[index, column]
                #expect(some[index, column] == expected)
            }
            #expect(cgroup.path.depth <= 1 || some.instances(index).isEmpty)
        }
        #expect(some.health.filesRead < all.health.filesRead)
    }

    @Test(arguments: CapturedTree.names) func collectorTimesAddUpToTheWhole(name: String)
        async throws
    {
        let tree = try CapturedTree(name)
        let set = try HierarchySet.discover(tree.system)
        let plan = ReadPlan([.memoryUsage, .pidsCurrent, .cpuUsage], on: set)
        let sampler = try Sampler(plan, on: set)
        for _ in 0..<3 {
            let health = await sampler.sample().health
            #expect(health.collectors.map(\.collector) == [.cpu, .memory, .pids])
            #expect(health.collectors.allSatisfy { $0.duration > 0 && !$0.hasFailed })
            #expect(health.collectors.map(\.duration).reduce(0, +) <= health.duration)
        }
    }
}
