import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import TestSupport
import Testing

@testable import Events

/// What inotify shows of cgroups on a real kernel.
@Suite(.enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelLifeRegisterTests {
    /// The notice of the old cgroup is read when its path names the new one.
    @Test func theTotalsOfARecreatedCgroupAreNotThoseOfTheOld() throws {
        let set = try #require(RealCgroups.set)
        guard let hierarchy = set.unified.map({ set.hierarchies[$0] }) else {
            try Test.cancel("it needs cgroup v2")
        }
        let name = "cgwarden-test-again-\(getpid())"
        let path = CgroupPath("/\(name)")
        let directory = hierarchy.directory.pathText + "/\(name)"
        let files = FileManager.default
        func make() throws {
            try files.createDirectory(atPath: directory, withIntermediateDirectories: false)
        }
        try make()
        defer { _ = unsafe rmdir(directory) }
        guard var register = LifeRegister(hierarchy) else {
            Issue.record("no inotify instance is left")
            return
        }
        register.begin()
        let job =
            "echo $$ >'\(directory)/cgroup.procs'; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done"
        func run() throws {
            #expect(try ProgramRun.run("sh", ["-c", job]).status == 0)
            try awaiting("no process is left") {
                try String(contentsOfFile: "\(directory)/cgroup.events", encoding: .utf8)
                    .contains("populated 0")
            }
        }
        try run()
        #expect(unsafe rmdir(directory) == 0)
        try make()
        while register.read(100) == 100 {}
        let replaced = try #require(register.take().ends.first { $0.path == path })
        #expect(replaced.final == nil && replaced.isReplaced)
        // The new one is read while it exists.
        try run()
        while register.read(100) == 100 {}
        #expect(unsafe rmdir(directory) == 0)
        while register.read(100) == 100 {}
        let ended = try #require(register.take().ends.first { $0.path == path })
        #expect(try #require(ended.final).cpuTime ?? 0 > 0)
    }

    /// The notice of the old cgroup is read when its path names the new one.
    @Test func aCgroupThatWasReplacedBeforeItWasOpenedDoesNotGetTheInodeOfTheNewOne() throws {
        let set = try #require(RealCgroups.set)
        let first = try #require(set.byIdentity.first)
        let name = "cgwarden-test-replaced-\(getpid())"
        let path = CgroupPath("/\(name)")
        let directory = set.hierarchies[first].directory.pathText + "/\(name)"
        let files = FileManager.default
        func make() throws {
            try files.createDirectory(atPath: directory, withIntermediateDirectories: false)
        }
        guard var register = LifeRegister(set.hierarchies[first]) else {
            Issue.record("no inotify instance is left")
            return
        }
        register.begin()
        try make()
        defer { _ = unsafe rmdir(directory) }
        #expect(unsafe rmdir(directory) == 0)
        try make()
        let inode = try #require(
            try files.attributesOfItem(atPath: directory)[.systemFileNumber] as? UInt64)
        while register.read(100) == 100 {}
        #expect(unsafe rmdir(directory) == 0)
        while register.read(100) == 100 {}
        let ends = register.take().ends.filter { $0.path == path }
        #expect(ends.map(\.inode) == [0, inode])
        #expect(ends.map(\.isReplaced) == [true, false])
    }
}
