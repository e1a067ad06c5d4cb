import CgroupModel
import KernelIO
import TestSupport
import Testing

@testable import Hierarchy

/// The reading plan, and what follows from which metrics share a file.
@Suite struct PlanTests {
    private func plan(_ tree: String, _ metrics: [MetricID]? = nil) throws -> ReadPlan {
        let tree = try CapturedTree(tree)
        return try withExtendedLifetime(tree) {
            ReadPlan(
                metrics ?? ReadPlan.metrics(upTo: .detail),
                on: try HierarchySet.discover(tree.system))
        }
    }

    @Test(arguments: CapturedTree.names) func counterHasTheTimestampOfItsFile(tree: String) throws {
        for file in try plan(tree).files {
            for field in file.layout.fields {
                let metric = MetricCatalog[field.metric]
                guard metric.kind == .counter, metric.tier != file.tier else { continue }
                // Details are due whenever costly files are.
                #expect(
                    metric.tier == .detail && file.tier == .costly,
                    "\(metric.name) is read with \(file.layout.name.pathText)")
            }
        }
    }

    @Test(arguments: CapturedTree.names) func fileIsReadOncePerCgroup(tree: String) throws {
        // A stand-in is read only where the cgroup is not in the tree that it stands in for.
        let files = try plan(tree).files.filter { $0.standsInFor == nil }
            .map { "\($0.hierarchy) \($0.layout.name.pathText)" }
        #expect(Set(files).count == files.count)
        #expect(files.count > 50)
    }

    /// A sample that keeps no descriptors opens each directory once.
    @Test(arguments: CapturedTree.names) func filesOfADirectoryFollowOneAnother(tree: String) throws
    {
        let places = try plan(tree).files.map(\.hierarchy)
        #expect(places == places.sorted())
    }

    @Test func cpuTimeIsReadInEverySample() throws {
        func gate(_ tree: String, _ metrics: [MetricID]) throws -> FileGate? {
            let plan = try self.plan(tree, metrics)
            let file = try #require(plan.files.first { $0.layout.name.pathText == "cpu.stat" })
            return FileGate(file, plan.schema)
        }
        // Without the quota it is unknown.
        #expect(try gate("v1-6.1", [.cpuPeriods]) == nil)
        #expect(try gate("v1-6.1", [.cpuPeriods, .cpuMax]) != nil)
        let plan = try self.plan("v2-6.1", [.cpuPeriods, .cpuUser, .cpuMax])
        let closing = try #require(try gate("v2-6.1", [.cpuPeriods, .cpuUser, .cpuMax]))
        var writer = RowWriter(schema: plan.schema)
        writer.appendRow()
        writer.beginPass()
        writer.beginRow(0)
        let periods = try #require(plan.schema.column(of: .cpuPeriods))
        let quota = try #require(plan.schema.column(of: .cpuMax))
        let user = try #require(plan.schema.column(of: .cpuUser))
        writer.set(quota, .unlimited)
        #expect(!closing.isClosed(writer))
        writer.set(periods, Reading(0))
        #expect(closing.isClosed(writer))
        writer.set(user, Reading(5))
        #expect(!closing.isClosed(writer))
        writer.set(user, .absent)
        writer.set(quota, Reading(1000))
        #expect(!closing.isClosed(writer))
    }

    @Test func missingSwapLimitStaysAbsent() throws {
        let tree = try CapturedTree("v1-6.1")
        let set = try withExtendedLifetime(tree) { try HierarchySet.discover(tree.system) }
        let plan = ReadPlan([.memorySwapMax], on: set)
        let swap = try #require(plan.schema.column(of: .memorySwapMax))
        let both = try #require(plan.schema.column(of: .memoryAndSwapMax))
        let memory = try #require(plan.schema.column(of: .memoryMax))
        var writer = RowWriter(schema: plan.schema)
        writer.appendRow()
        writer.beginPass()
        writer.beginRow(0)
        let cases: [(Reading, Reading, Reading)] = [
            (.unlimited, .unlimited, .unlimited), (.unlimited, Reading(5), .unlimited),
            (Reading(9), Reading(5), Reading(4)), (.absent, Reading(5), .absent),
            (Reading(9), .malformed, .malformed), (.notPermitted, Reading(5), .notPermitted),
        ]
        for (whole, part, expected) in cases {
            writer.set(both, whole)
            writer.set(memory, part)
            Derivations(plan.schema, on: set).apply(to: &writer)
            #expect(writer.value(swap) == expected)
        }
    }

    @Test func scopeSelectsASubtreeToADepth() {
        let scope = SampleScope(subtree: CgroupPath("/a/b"), depth: 1, withAncestors: true)
        let paths = ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x", "/ab"]
        #expect(paths.filter { scope.contains(CgroupPath($0)) } == ["/", "/a", "/a/b", "/a/b/c"])
        #expect(paths.filter { scope.descends(into: CgroupPath($0)) } == ["/", "/a", "/a/b"])
        let family = SampleScope(
            subtree: CgroupPath("/a/b"), depth: 0, withAncestors: true, withSiblings: true)
        #expect(
            paths.filter { family.contains(CgroupPath($0)) } == ["/", "/a", "/a/b", "/a/x", "/ab"])
        #expect(paths.filter { family.descends(into: CgroupPath($0)) } == ["/", "/a"])
    }
}
