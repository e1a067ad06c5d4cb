import CgroupModel
import Foundation
import Hierarchy
import TestSupport
import Testing

/// Snapshots of the captured trees against what the files say.
@Suite struct CapturedSampleTests {
    /// Files that no catalog row reads, and why.
    private static let unread: [String: String] = [
        "tasks": "members", "cgroup.threads": "members",
        "release_agent": "a program's path, for the root only",
        "cgroup.sane_behavior": "always 0, for the root only",
        "memory.kmem.slabinfo": "always empty", "cpuacct.usage_all": "the per-CPU files say it",
        "cpuacct.usage_user": "cpuacct.stat says it", "cpuacct.usage_sys": "cpuacct.stat says it",
        "blkio.throttle.io_serviced": "without descendants",
        "blkio.throttle.io_service_bytes": "without descendants",
        "blkio.bfq.io_serviced": "without descendants",
        "blkio.bfq.io_service_bytes": "without descendants",
    ]

    private static func pattern(_ file: String) -> String {
        guard file.hasPrefix("hugetlb.") else { return file }
        let parts = file.split(separator: ".")
        return (["hugetlb", "*"] + parts.dropFirst(2).map(String.init)).joined(separator: ".")
    }

    private static func snapshot(_ tree: CapturedTree) async throws -> (HierarchySet, Snapshot) {
        let set = try HierarchySet.discover(tree.system)
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        let plan = ReadPlan(ReadPlan.metrics(upTo: .detail), on: set)
        let sampler = try Sampler(plan, on: set, configuration)
        return (set, await sampler.sample())
    }

    /// All directories of a hierarchy, by their path inside it.
    private static func cgroups(of hierarchy: MountedHierarchy) throws -> [String: URL] {
        let root = URL(filePath: String(decoding: hierarchy.directory, as: UTF8.self))
        var result = ["/": root]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root.path()) {
            let url = root.appending(path: name)
            let isDirectory = try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory
            if isDirectory == true { result["/\(name)"] = url }
        }
        return result
    }

    @Test(arguments: CapturedTree.names) func everyNumberMatchesItsFile(name: String)
        async throws
    {
        let tree = try CapturedTree(name)
        let (set, snapshot) = try await Self.snapshot(tree)
        // On a hybrid machine the unified tree lies in a folder of its own.
        let folders = try set.hierarchies.map { try Self.cgroups(of: $0) }
        let paths = Set(folders.flatMap(\.keys))
        #expect(snapshot.cgroups.map(\.path.description).sorted() == paths.sorted())
        #expect(snapshot.health.malformed == 0)
        #expect(snapshot.health.births == UInt64(paths.count))
        var compared = 0
        for (index, cgroup) in snapshot.cgroups.enumerated() {
            let path = cgroup.path.description
            for metric in MetricCatalog.all
            where metric.name != "memory.swap.max" || name == "v2-6.1" {
                var expected: [String: String] = [:]
                let legacy = set.hierarchies.firstIndex {
                    $0.version == .legacy && $0.controllers.contains(metric.controller)
                }
                // Files that every v1 directory has are read from the memory hierarchy.
                let core = metric.controller == .core && metric.v2 == nil
                if let hierarchy = legacy ?? (core ? set.legacy(.memory) : set.unified),
                    let folder = folders[hierarchy][path]
                {
                    let isLegacy = set.hierarchies[hierarchy].version == .legacy
                    guard let source = isLegacy ? metric.v1 : metric.v2 else { continue }
                    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
                    for file in files where Self.pattern(file) == source.file {
                        let text = try String(
                            contentsOf: folder.appending(path: file), encoding: .utf8)
                        let values = try #require(PlainReading(metric, source).values(in: text))
                        for (key, value) in values {
                            let size = file.split(separator: ".").dropFirst().first ?? ""
                            let name =
                                switch metric.dimension {
                                case .pageSize: String(size)
                                case .pageSizeAndNode: "\(size) N\(key)"
                                default: key
                                }
                            expected[name] = value
                        }
                    }
                }
                compared += expected.count
                #expect(snapshot.values(index, metric) == expected, "\(metric.name) of \(path)")
            }
        }
        #expect(compared > 1000)
    }

    @Test(arguments: CapturedTree.names) func everyFileIsReadOrExcludedForAReason(
        name: String
    ) throws {
        let known = Set(MetricCatalog.all.flatMap { [$0.v1?.file, $0.v2?.file].compactMap { $0 } })
        var met: Set<String> = []
        let tree = try CapturedTree(name)
        for (path, _) in try tree.files() {
            let file = Self.pattern(String(path.split(separator: "/").last ?? ""))
            met.insert(file)
            #expect(known.contains(file) || Self.unread[file] != nil, "\(path) is new")
        }
        #expect(met.count > 50)
        for file in Self.unread.keys { #expect(!known.contains(file), "\(file) is read") }
    }

    @Test func legacySwapLimitIsTheDifference() async throws {
        let tree = try CapturedTree("v1-6.1")
        let (_, snapshot) = try await Self.snapshot(tree)
        let database = try #require(snapshot.index(of: CgroupPath("/app.slice/db.service")))
        let both = snapshot[database, .memoryAndSwapMax]
        #expect(snapshot[database, .memoryMax] == Reading(64 << 20))
        #expect(
            snapshot[database, .memorySwapMax]
                == (both.value.map { Reading($0 - (64 << 20)) } ?? .unlimited))
        let root = try #require(snapshot.index(of: .root))
        #expect(snapshot[root, .memorySwapMax] == .unlimited)
    }

    @Test(arguments: CapturedTree.names) func damagedLineIsMalformedWithoutAffectingOthers(
        name: String
    ) async throws {
        let tree = try CapturedTree(name)
        let set = try HierarchySet.discover(tree.system)
        let memory = try #require(set.legacy(.memory) ?? set.unified)
        let folder = String(decoding: set.hierarchies[memory].directory, as: UTF8.self)
        let file = URL(filePath: folder).appending(path: "app.slice/db.service/memory.stat")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacingOccurrences(of: "pgfault ", with: "pgfault x").write(
            to: file, atomically: false, encoding: .utf8)
        let (_, snapshot) = try await Self.snapshot(tree)
        #expect(snapshot.health.malformed == 1)
        let database = try #require(snapshot.index(of: CgroupPath("/app.slice/db.service")))
        #expect(snapshot[database, .memoryPageFaults] == .malformed)
        #expect(snapshot[database, .memoryAnon].value != nil)
        #expect(snapshot[database, .memoryUsage].value != nil)
        let web = try #require(snapshot.index(of: CgroupPath("/app.slice/web.service")))
        #expect(snapshot[web, .memoryPageFaults].value != nil)
    }

    /// The value is the same whether v1's freezer file is read before or not at all.
    @Test func frozenIsTrueIfEitherHierarchyOfAHybridFroze() async throws {
        let tree = try CapturedTree("hybrid-6.1")
        let set = try HierarchySet.discover(tree.system)
        let sampler = try Sampler(ReadPlan([.frozen, .freezerState], on: set), on: set)
        func write(_ text: String, to file: String) throws {
            let place = tree.directory.appending(path: "cgroup/\(file)")
            try Data(text.utf8).write(to: place)
        }
        let file = "app.slice/db.service"
        for (legacy, unified, expected) in [
            ("THAWED", 0, UInt64(0)), ("THAWED", 1, 1), ("FROZEN", 0, 1), ("FROZEN", 1, 1),
            ("THAWED", 0, 0), ("FREEZING", 0, 0),
        ] {
            try write("\(legacy)\n", to: "freezer/\(file)/freezer.state")
            try write("populated 1\nfrozen \(unified)\n", to: "unified/\(file)/cgroup.events")
            let snapshot = await sampler.sample()
            let place = try #require(snapshot.index(of: CgroupPath("/\(file)")))
            #expect(snapshot[place, .frozen].value == expected, "\(legacy) and \(unified)")
            #expect(
                CgroupFigures(snapshot, place).state
                    == (expected == 1 ? "frozen" : legacy == "FREEZING" ? "freezing" : nil))
        }
        // Without v1's freezer there is only v2's state.
        try FileManager.default.removeItem(
            at: tree.directory.appending(path: "cgroup/freezer/\(file)"))
        for unified in [UInt64(1), 0] {
            try write("populated 1\nfrozen \(unified)\n", to: "unified/\(file)/cgroup.events")
            var configuration = SamplerConfiguration()
            configuration.isContinuous = false
            let snapshot = try await Sampler(
                ReadPlan([.frozen], on: set), on: set, configuration
            ).sample()
            let place = try #require(snapshot.index(of: CgroupPath("/\(file)")))
            #expect(snapshot[place, .frozen].value == unified)
        }
    }
}
