import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Undoing changes other than limits: created cgroups, moved processes.
@Suite(.serialized, .enabled(if: Kernel.isRoot, "it needs root"))
struct KernelUndoTests {
    private let set: HierarchySet
    private let journal = UndoJournal(
        directory: NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)")

    init() throws { set = try #require(Kernel.set) }

    private func cleaned<Result>(_ body: () throws -> Result) rethrows -> Result {
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        return try body()
    }

    /// The outcomes of `restore`, each once.
    private func restore(force: Bool = false) throws -> Set<String> {
        let results = try Restorer(set: set, journal: journal, pause: { _ in }).restore(
            force: force)
        return Set(results.map { "\($0.outcome)".prefix { $0 != "(" }.description })
    }

    private func exists(_ path: CgroupPath) -> Bool {
        set.hierarchies.contains { (try? CgroupDirectory(path, in: $0)) != nil }
    }

    @Test func createdCgroupIsRemovedIfEmpty() throws {
        try cleaned {
            let scratch = try PopulatedCgroup(set)
            let path = scratch.path.child("a/b".utf8)
            _ = try CgroupMaker(ActingContext(set, journal: journal)).make(path)
            #expect(try journal.entries().contains { $0.subject == .cgroup && $0.path == path })
            let pid = try scratch.run("exec sleep 300", in: path)
            let results = try Restorer(set: set, journal: journal, pause: { _ in }).restore()
            let failures = results.compactMap { result -> ActuationError? in
                if case .failed(let error) = result.outcome { error } else { nil }
            }
            // It is held by the process, and the one above by it.
            #expect(!failures.isEmpty && failures.allSatisfy { $0.code == .busy })
            #expect(failures.contains { $0.message.contains("process \(pid)") })
            #expect(exists(path))
            _ = try Mover(ActingContext(set)).move([pid], to: scratch.path)
            #expect(try restore() == ["restored"])
            #expect(!exists(path) && !exists(scratch.path.child("a".utf8)) && exists(scratch.path))
            #expect(try restore().isEmpty)
        }
    }

    @Test func recreatedCgroupOfTheSameNameIsNotRemoved() throws {
        try cleaned {
            let scratch = try PopulatedCgroup(set)
            let path = scratch.path.child("a".utf8)
            _ = try CgroupMaker(ActingContext(set, journal: journal)).make(path)
            for hierarchy in set.hierarchies {
                try? CgroupDirectory(path, in: hierarchy).remove()
            }
            _ = try CgroupMaker(ActingContext(set)).make(path)
            #expect(try restore(force: true) == ["gone"])
            #expect(exists(path))
            #expect(try journal.entries().isEmpty)
        }
    }

    @Test func entryOfACgroupRemovedByHandIsDropped() throws {
        try cleaned {
            let scratch = try PopulatedCgroup(set)
            let path = scratch.path.child("a".utf8)
            _ = try CgroupMaker(ActingContext(set, journal: journal)).make(path)
            _ = try CgroupRemover(ActingContext(set, journal: journal)).remove(path)
            #expect(try journal.entries().isEmpty)
        }
    }

    @Test func movedProcessReturnsToItsFirstCgroup() throws {
        try cleaned {
            let cgroups = try (0..<3).map { _ in try PopulatedCgroup(set) }
            let pid = try cgroups[0].run("exec sleep 300")
            let before = try #require(try ProcessPlaces(set: set).places(of: pid))
            let mover = Mover(ActingContext(set, journal: journal))
            _ = try mover.move([pid], to: cgroups[1].path)
            _ = try mover.move([pid], to: cgroups[2].path)
            let entries = try journal.entries()
            #expect(Set(entries.map(\.path)) == [cgroups[2].path])
            #expect(entries.allSatisfy { $0.original.hasSuffix(cgroups[0].path.description) })
            #expect(try restore() == ["restored"])
            #expect(try ProcessPlaces(set: set).places(of: pid) == before)
            #expect(try restore().isEmpty)
        }
    }

    @Test func processMovedByAnotherProgramStaysUnlessForced() throws {
        try cleaned {
            let cgroups = try (0..<3).map { _ in try PopulatedCgroup(set) }
            let pid = try cgroups[0].run("exec sleep 300")
            let before = try #require(try ProcessPlaces(set: set).places(of: pid))
            _ = try Mover(ActingContext(set, journal: journal)).move([pid], to: cgroups[1].path)
            _ = try Mover(ActingContext(set)).move([pid], to: cgroups[2].path)
            #expect(try restore() == ["foreign"])
            #expect(try restore(force: true) == ["restored"])
            #expect(try ProcessPlaces(set: set).places(of: pid) == before)
        }
    }

    @Test func entryOfAnExitedProcessOrRemovedOriginIsDropped() throws {
        try cleaned {
            let target = try PopulatedCgroup(set)
            let origin = try PopulatedCgroup(set)
            let inner = try origin.child("inner")
            let ended = try origin.run("exec sleep 300")
            let homeless = try origin.run("exec sleep 300", in: inner)
            _ = try Mover(ActingContext(set, journal: journal)).move(
                [ended, homeless], to: target.path)
            kill(ended, SIGKILL)
            #expect(eventually { processState(ended).map { $0 == "Z" } ?? true })
            _ = try CgroupRemover(ActingContext(set)).remove(inner)
            #expect(try restore() == ["gone"])
            #expect(try journal.entries().isEmpty)
        }
    }

    @Test func moveThatFailsHalfwayLeavesNoEntry() throws {
        try cleaned {
            let first = try PopulatedCgroup(set)
            let second = try PopulatedCgroup(set)
            let pid = try first.run("exec sleep 300")
            let last = try #require(set.hierarchies.last { $0.name == nil })
            #expect(throws: ActuationError.self) {
                try Mover(
                    ActingContext(
                        set, files: FailingTree(tree: last.label, code: EBUSY), journal: journal)
                ).move([pid], to: second.path)
            }
            #expect(try journal.entries().isEmpty)
        }
    }

    /// v1 cannot empty the cpuset of a process again; neither can v2.
    @Test(.enabled(if: Kernel.hasCpuset, "it needs cpuset of v1"))
    func populatedCpusetWithEmptyOriginalGetsTheParentsList() throws {
        try cleaned {
            let legacy = try #require(Kernel.legacy)
            let scratch = try PopulatedCgroup(legacy, controllers: [.cpuset])
            let directory = try scratch.directory(.cpuset)
            let all = try directory.text("cpuset.cpus")
            try directory.write("\n", to: "cpuset.cpus")
            _ = try Pinner(ActingContext(legacy, journal: journal)).pin(
                scratch.path, cpus: RangeList([0]), mems: nil)
            try scratch.run("exec sleep 300")
            #expect(try restore() == ["residue"])
            #expect(try directory.text("cpuset.cpus") == all)
            #expect(try restore().isEmpty)
        }
    }

    /// The controllers that a cgroup of v2 passes on are needed as long as there are cgroups below.
    @Test(.enabled(if: Kernel.hasUnifiedMemory, "it needs memory of v2"))
    func enabledControllerIsDisabledAgainIfNoChildIsLeft() throws {
        try cleaned {
            let unified = try #require(Kernel.unified)
            let scratch = try PopulatedCgroup(unified, controllers: [.memory])
            let directory = try scratch.directory(.memory)
            for keepsOne in [true, false] {
                _ = try CgroupMaker(ActingContext(unified, journal: journal)).make(
                    scratch.path.child("a".utf8), controllers: [.memory])
                let other = scratch.path.child("other".utf8)
                if keepsOne { _ = try CgroupMaker(ActingContext(unified)).make(other) }
                #expect(try restore() == (keepsOne ? ["restored", "residue"] : ["restored"]))
                let passed = try directory.text("cgroup.subtree_control")
                #expect(passed == (keepsOne ? "memory" : ""))
                if keepsOne {
                    _ = try CgroupRemover(ActingContext(unified)).remove(other)
                    try directory.write("-memory", to: "cgroup.subtree_control")
                }
            }
        }
    }
}
