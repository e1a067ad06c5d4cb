import CgroupModel
import Foundation
import Hierarchy
import TestSupport
import Testing

/// What is known before files are read, or without reading them.
@Suite struct ListingTests {
    @Test(arguments: CapturedTree.names) func listingHasTheCgroupsOfTheFirstSampleWithoutValues(
        name: String
    ) async throws {
        let tree = try CapturedTree(name)
        let set = try HierarchySet.discover(tree.system)
        let plan = ReadPlan(ReadPlan.metrics(upTo: .settings), on: set)
        let sampler = try Sampler(plan, on: set)
        let listing = await sampler.listing()
        #expect(await sampler.filesRead == 0)
        #expect(listing.isListing)
        for index in listing.cgroups.indices {
            #expect(listing.schema.columns.allSatisfy { listing[index, $0] == .absent })
            #expect(listing.instances(index).isEmpty)
        }
        let sample = await sampler.sample()
        #expect(sample.tick == 1 && !sample.isListing)
        #expect(sample.cgroups == listing.cgroups)
        let alone = await (try Sampler(plan, on: set)).sample()
        #expect(sample.blocks == alone.blocks)
        #expect(sample.health.births == alone.health.births)
    }

    /// The kernel never shows THAWED with a request, so the value shows that the file was not read.
    @Test(arguments: [("THAWED", UInt64(0)), ("FREEZING", 1), ("FROZEN", 1)])
    func freezeRequestIsReadUnlessTheCgroupIsThawed(state: String, request: UInt64) async throws {
        let tree = try CapturedTree("v1-6.1")
        let set = try HierarchySet.discover(tree.system)
        let freezer = try #require(set.hierarchies.first { $0.controllers.contains(.freezer) })
        let root = URL(filePath: String(decoding: freezer.directory, as: UTF8.self))
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path())
        let place = try #require(names.first { $0.hasSuffix("/freezer.state") })
        let cgroup = root.appending(path: place).deletingLastPathComponent()
        for (file, text) in [
            ("freezer.state", state), ("freezer.self_freezing", "1"),
            ("freezer.parent_freezing", "1"),
        ] {
            try Data((text + "\n").utf8).write(to: cgroup.appending(path: file))
        }
        let plan = ReadPlan(ReadPlan.metrics(upTo: .settings), on: set)
        let sampler = try Sampler(plan, on: set)
        let sample = await sampler.sample()
        let path = CgroupPath(String(place.dropLast("/freezer.state".count)))
        let index = try #require(sample.cgroups.firstIndex { $0.path == path })
        #expect(sample[index, .selfFreezing] == Reading(request))
    }
}
