import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import TestSupport
import Testing

@testable import Actuation

/// A process without descriptors cannot look at a cgroup, which says nothing about the cgroup.
@Suite struct DescriptorShortageTests {
    private let tree: CapturedCgroups
    private let legacy: CapturedCgroups
    private let cgroup: CgroupDirectory

    init() throws {
        tree = try CapturedCgroups(unified: "memory")
        legacy = try CapturedCgroups(legacy: ["cpuset"])
        cgroup = try tree.cgroup("/a", ["memory.max": "max", "cgroup.procs": ""])
        for name in ["one", "two", "three"] { _ = try tree.cgroup("/a/\(name)") }
    }

    @Test func existingCgroupIsNotTakenForRemoved() async throws {
        let cgroup = cgroup
        #expect(try cgroup.isCurrent())
        let shortage = DescriptorShortage()
        let error = await #expect(throws: IOError.self) {
            try await shortage.run { try cgroup.isCurrent() }
        }
        #expect(error?.name == "EMFILE")
        #expect(await shortage.run { !cgroup.isKnownGone })
        let refused = await #expect(throws: ActuationError.self) {
            try await shortage.run { try cgroup.checkCurrent() }
        }
        #expect(refused?.code != .notFound)
    }

    @Test func entryOfAnExistingCgroupIsKept() async throws {
        let cgroup = cgroup
        let journal = UndoJournal(directory: tree.place + "/state")
        let entry = try journal.record(
            ControlCell("memory.max"), of: cgroup, "max", wanted: "4096", cause: "test")
        let write = JournaledWrite(files: KernelControlFiles(), journal: journal)
        await DescriptorShortage().run { write.note(entry, of: cgroup) }
        #expect(try journal.entries().map(\.original) == ["max"])
    }

    /// Opening a cgroup takes two descriptors for a moment, and one as long as it is held.
    @Test func listingWithoutAllChildrenFails() async throws {
        let hierarchy = cgroup.hierarchy
        let path = cgroup.path
        let shortage = DescriptorShortage()
        let count = { @Sendable () throws -> Int in
            try CgroupDirectory(path, in: hierarchy).subtree().count
        }
        for left in 2...4 {
            let error = await #expect(throws: IOError.self) {
                try await shortage.run(leaving: left, count)
            }
            #expect(error?.name == "EMFILE")
        }
        let whole = try await shortage.run(leaving: 20, count)
        #expect(whole == 4)
    }

    @Test func treeIsVisitedWithOneOpenCgroupAtATime() async throws {
        for number in 0..<20 { _ = try tree.cgroup("/a/one/\(number)") }
        let hierarchy = cgroup.hierarchy
        let path = cgroup.path
        let shortage = DescriptorShortage()
        let count = { @Sendable () throws -> Int in
            var count = 0
            try CgroupDirectory(path, in: hierarchy).visit { _ in count += 1 }
            return count
        }
        let error = await #expect(throws: IOError.self) {
            try await shortage.run(leaving: 2, count)
        }
        #expect(error?.name == "EMFILE")
        let whole = try await shortage.run(leaving: 4, count)
        #expect(whole == 24)
    }

    /// An action must not reach a cgroup that took the path of a listed one.
    @Test func cgroupThatTookAPathIsNotVisited() throws {
        let files = FileManager.default
        let place = tree.place + "/elsewhere"
        try files.createDirectory(atPath: place, withIntermediateDirectories: true)
        var visited: [String] = []
        try cgroup.visit { one in
            visited.append("\(one.path)")
            guard visited.count == 2 else { return }
            // The first child is open; the others were listed with it.
            for name in ["one", "two", "three"] where one.path != CgroupPath("/a/\(name)") {
                try? files.moveItem(
                    atPath: cgroup.fullPath + "/" + name, toPath: place + "/" + name)
                _ = try? tree.cgroup("/a/\(name)")
            }
        }
        #expect(visited.count == 2, "\(visited)")
    }

    /// Makes a narrow v1 cpuset with 20 descendants that have the same list.
    private func narrowCpuset() throws -> CgroupDirectory {
        let top = try legacy.cgroup("/a", ["cpuset.cpus": "0"])
        for number in 0..<20 { _ = try legacy.cgroup("/a/\(number)", ["cpuset.cpus": "0"]) }
        return top
    }

    @Test func youngerCpusetsAreAllWidenedByARestore() async throws {
        let top = try narrowCpuset()
        let state = legacy.place + "/state"
        let journal = UndoJournal(directory: state)
        let entry = try journal.begin(
            ControlCell("cpuset.cpus"), at: top.path, inode: top.inode, in: top.hierarchy,
            original: "0-3", wanted: "0", cause: "test", newestBelow: 1)
        try journal.finish(entry, readBack: "0")
        let set = legacy.set
        let outcomes = try await DescriptorShortage().run(leaving: 8) {
            try Restorer(set: set, journal: UndoJournal(directory: state)).restore().map {
                "\($0.outcome)"
            }
        }
        #expect(outcomes == ["restored"])
        for path in try [top.path] + top.childPaths() {
            let directory = try CgroupDirectory(path, in: top.hierarchy)
            #expect(try directory.text("cpuset.cpus") == "0-3", "\(path)")
        }
        #expect(try journal.entries().isEmpty)
    }

    /// A restore would widen an older cgroup that was left out.
    @Test func changeIsRefusedIfACgroupBelowCannotBeOpened() async throws {
        let top = try narrowCpuset()
        let (path, hierarchy) = (top.path, top.hierarchy)
        let state = legacy.place + "/state"
        let error = await #expect(throws: ActuationError.self) {
            try await DescriptorShortage().run(leaving: 2) {
                let directory = try CgroupDirectory(path, in: hierarchy)
                _ = try UndoJournal(directory: state).record(
                    ControlCell("cpuset.cpus"), of: directory, "0", wanted: "1", cause: "test")
            }
        }
        #expect(error?.errno?.name == "EMFILE")
        #expect(try UndoJournal(directory: state).entries().isEmpty)
    }

    @Test func cgroupThatCannotBeExaminedIsProtected() async throws {
        let set = tree.set
        let path = cgroup.path
        let reasons = await DescriptorShortage().run {
            ProtectedSet(set).refusal(of: .kill, on: path)
        }
        #expect(reasons?.contains("cannot list its processes") == true)
        #expect(ProtectedSet(set).refusal(of: .kill, on: path) == nil)
    }

    @Test func processThatCannotBeExaminedIsProtected() async throws {
        let machine = try CapturedMachine()
        try machine.process(400, "bash", user: 1000)
        let roles = ProcessRoles(machine.system)
        #expect(roles.role(of: 400) == nil)
        let role = await DescriptorShortage().run { roles.role(of: 400) }
        #expect(role == .unreadable)
    }

    @Test func placeOfARunningProcessIsNotTakenForNone() async throws {
        let places = ProcessPlaces(set: try HierarchySet.discover(.live))
        await #expect(throws: IOError.self) {
            try await DescriptorShortage().run { try places.read(1) }
        }
        #expect(try places.read(1) != nil)
        #expect(try places.read(.max) == nil)
    }

    @Test func cgroupOfAJobIsNotTakenForRemoved() async throws {
        let set = tree.set
        let job = JobCgroup(cgroup)
        #expect(try job.directory(in: set) != nil)
        await #expect(throws: IOError.self) {
            try await DescriptorShortage().run { try job.directory(in: set) == nil }
        }
    }

    @Test func runWithUnknownProcessesDoesNotCountAsEnded() async {
        let ending = RunEnding([cgroup])
        #expect(ending.killAll(within: .zero))
        #expect(await !DescriptorShortage().run { ending.killAll(within: .zero) })
    }
}
