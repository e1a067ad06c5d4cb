import CgroupModel
import KernelIO
import Testing

@testable import Hierarchy

/// Which trees a mount table shows.
@Suite struct DiscoveryTests {
    private let nowhere = SystemRoot.captured(in: "/nonexistent")

    private func set(_ lines: String...) throws -> HierarchySet {
        try HierarchySet(
            nowhere, mounts: MountInfo.parse(Array(lines.joined(separator: "\n").utf8)))
    }

    @Test func v1HierarchiesAreFoundWithTheirControllers() throws {
        let set = try set(
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
            "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup memory rw,memory,release_agent=/x",
            "34 31 0:31 / /sys/fs/cgroup/blkio rw shared:3 - cgroup cgroup rw,xattr,blkio",
            "35 31 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd")
        #expect(set.mode == .v1)
        #expect(set.hierarchies.map(\.label) == ["cpu,cpuacct", "memory", "blkio", "name=systemd"])
        #expect(set.hierarchies[0].keys == ["cpu", "cpuacct"])
        #expect(set.hierarchies[2].controllers == [.io])
        #expect(set.hierarchies[3].name == "systemd")
        #expect(set.hierarchies[3].controllers.isEmpty)
        #expect(set.legacy(.cpuacct) == 0)
        #expect(set.legacy(.io) == 2)
        #expect(set.legacy(.pids) == nil)
        #expect(set.unified == nil)
        #expect(set.byIdentity == [1, 0, 2, 3])
        #expect(
            set.hierarchies[1].directory == Array("/nonexistent/cgroup/memory".utf8))
    }

    @Test func modesAreDistinguished() throws {
        let unified = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate"
        let named = "32 23 0:30 / /run/cg rw - cgroup cgroup rw,name=mine"
        let cpu = "33 23 0:31 / /cpu rw - cgroup cgroup rw,cpu"
        #expect(try set(unified).mode == .v2)
        #expect(try set(unified, named).mode == .v2)
        #expect(try set(unified, cpu).mode == .hybrid)
        #expect(try set(cpu).mode == .v1)
        #expect(try set(cpu, unified).hierarchies.map(\.label) == ["cpu", "unified"])
        #expect(throws: HierarchyError.self) {
            try set("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw")
        }
    }

    @Test func hierarchyMountedTwiceIsOne() throws {
        let set = try set(
            "31 23 0:28 /docker/abc /first rw - cgroup cgroup rw,cpu",
            "32 23 0:28 / /second rw - cgroup cgroup rw,cpu",
            "33 23 0:28 /docker /third rw - cgroup cgroup rw,cpu",
            "34 23 0:29 /docker/abc /four rw - cgroup2 none rw",
            "35 23 0:29 / /five rw - cgroup2 none rw")
        #expect(set.hierarchies.map(\.mountPoint) == [Array("/second".utf8), Array("/five".utf8)])
    }

    /// In a cgroup namespace; `/..` is above its root.
    @Test(arguments: [
        ("/", "/..", true), ("/..", "/../..", true), ("/../..", "/", false),
        ("/docker", "/", true), ("/", "/../other", false), ("/../other", "/", true),
        ("/../other", "/..", true), ("/a/b", "/c", true),
    ]) func mountThatShowsMoreWins(first: String, second: String, secondWins: Bool) throws {
        for (type, options) in [("cgroup", "rw,cpu"), ("cgroup2", "rw")] {
            let set = try set(
                "31 23 0:28 \(first) /first rw - \(type) none \(options)",
                "32 23 0:28 \(second) /second rw - \(type) none \(options)")
            let winner = set.hierarchies.map { $0.mountPoint.pathText }
            #expect(winner == [secondWins ? "/second" : "/first"], "\(type)")
        }
    }

    @Test func onlyMountsBelowTheChosenDirectoryAreUsed() throws {
        var system = nowhere
        system.cgroupRoot = Array("/host/sys/fs/cgroup/".utf8)
        let lines = """
            31 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup none rw,cpu
            32 23 0:28 /x /host/sys/fs/cgroup/cpu rw - cgroup none rw,cpu
            33 23 0:29 / /host/sys/fs/cgroup2 rw - cgroup2 none rw
            """
        let set = try HierarchySet(system, mounts: MountInfo.parse(Array(lines.utf8)))
        #expect(
            set.hierarchies.map { $0.mountPoint.pathText } == ["/host/sys/fs/cgroup/cpu"])
        system.cgroupRoot = Array("/host/sys".utf8)
        #expect(
            try HierarchySet(system, mounts: MountInfo.parse(Array(lines.utf8))).mode == .hybrid)
    }

    @Test func identitiesComeFromTheHierarchyWithMemoryOrCPU() throws {
        let root = SystemRoot.captured(in: "/nonexistent")
        let unified = MountInfo.parse(
            Array(
                "31 23 0:28 / /u rw - cgroup2 none rw\n32 23 0:29 / /n rw - cgroup none rw,net_cls"
                    .utf8))
        // The controllers of an unreadable v2 hierarchy are unknown: the order decides.
        #expect(try HierarchySet(root, mounts: unified).byIdentity == [0, 1])
    }

    @Test func onlyTheUsualMountPointIsCaptured() {
        let root = SystemRoot.captured(in: "/captured")
        for (point, directory) in [
            ("/sys/fs/cgroup", "/captured/cgroup"), ("/sys/fs/cgroup/cpu", "/captured/cgroup/cpu"),
            ("/sys/fs/cgroup2", "/sys/fs/cgroup2"),
        ] {
            #expect(root.directory(of: Array(point.utf8)) == Array(directory.utf8))
        }
    }

    @Test func hiddenMountIsIgnored() throws {
        let hidden = try set(
            "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
            "32 31 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
            "33 32 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu")
        #expect(hidden.mode == .v1)
        // On a real machine a mount further up may hide it as well.
        let mounts = MountInfo.parse(
            Array("31 23 0:28 / /proc/self rw - cgroup cgroup rw,cpu".utf8))
        #expect(throws: HierarchyError.self) { try HierarchySet(.live, mounts: mounts) }
    }

    @Test func escapedMountPointsAreOpened() throws {
        let set = try set(#"31 23 0:28 / /sys/fs/cgroup/a\040b\134c rw - cgroup cgroup rw,pids"#)
        #expect(set.hierarchies[0].directory == Array(#"/nonexistent/cgroup/a b\c"#.utf8))
    }

    @Test func pathsOfProcessesAreRelativeToTheMount() throws {
        func visible(_ root: String, _ path: String) throws -> String? {
            try set("31 23 0:28 \(root) /m rw - cgroup2 none rw").hierarchies[0]
                .visiblePath(Array(path.utf8))?.description
        }
        #expect(try visible("/", "/") == "/")
        #expect(try visible("/", "/a/b") == "/a/b")
        #expect(try visible("/", "/..") == nil)
        #expect(try visible("/", "/../other") == nil)
        // Two dots begin a name like any other.
        #expect(try visible("/", "/..a/b") == "/..a/b")
        #expect(try visible("/", "/...") == "/...")
        #expect(try visible("/docker/abc", "/docker/abc/x") == "/x")
        #expect(try visible("/docker/abc", "/docker/abc") == "/")
        #expect(try visible("/docker/abc", "/docker/abcd") == nil)
        #expect(try visible("/docker/abc", "/other") == nil)
        // The mount shows an ancestor of the namespace: only what lies beside it has a known name.
        #expect(try visible("/..", "/../beside") == "/beside")
        #expect(try visible("/../..", "/../../x/y") == "/x/y")
        #expect(try visible("/..", "/../..") == nil)
        #expect(try visible("/..", "/inside") == nil)
        // Once it is known where the namespace is in that mount, all of them have a name.
        var hierarchy = try set("31 23 0:28 /../.. /m rw - cgroup2 none rw").hierarchies[0]
        hierarchy.namespacePath = CgroupPath("/pods/c1")
        #expect(hierarchy.visiblePath(Array("/inside".utf8)) == CgroupPath("/pods/c1/inside"))
        #expect(hierarchy.visiblePath(Array("/../c2".utf8)) == CgroupPath("/pods/c2"))
        #expect(hierarchy.visiblePath(Array("/../../x".utf8)) == CgroupPath("/x"))
        #expect(hierarchy.visiblePath(Array("/../../../x".utf8)) == nil)
    }

    @Test func unreadableMountTableIsReported() {
        let error = #expect(throws: HierarchyError.self) { try HierarchySet.discover(nowhere) }
        #expect(error?.description.contains("/nonexistent/proc/self/mountinfo") == true)
    }
}
