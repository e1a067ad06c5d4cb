import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import TestSupport
import Testing

@testable import Actuation

/// Row 17: with a damaged journal nothing is written, but our frozen cgroups are thawed.
@Suite(.serialized, .enabled(if: Kernel.hasFreezer || Kernel.hasUnified, "needs root and cgroups"))
struct KernelFrozenMarkTests {
    enum Fault: String, CaseIterable, Sendable { case damaged, earlierBoot }

    @Test(arguments: KernelFreezerTests.trees, Fault.allCases)
    func damagedJournalThawsOnlyCgroupsWithTheMark(_ tree: KernelFreezerTests.Tree, _ fault: Fault)
        throws
    {
        let set = try #require(tree.set)
        let ours = try PopulatedCgroup(set)
        let others = try PopulatedCgroup(set)
        for cgroup in [ours, others] { try cgroup.run("exec sleep 300") }
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let journal = UndoJournal(directory: state)
        _ = try Freezer(ActingContext(set, journal: journal, thawGuard: Program.thawGuard)).freeze(
            ours.path)
        let interface = FreezeInterface(
            version: try ours.directory(.freezer).hierarchy.version)
        try others.directory(.freezer).write(interface.frozenValue, to: interface.file)
        func isRequested(_ cgroup: PopulatedCgroup) throws -> Bool {
            try interface.isRequested(cgroup.directory(.freezer).text)
        }
        let file = "\(state)/journal"
        // Another process, which has not read it before.
        var known = UndoJournal(directory: state)
        switch fault {
        case .damaged:
            var bytes = try Data(contentsOf: URL(filePath: file))
            bytes[20] ^= 1
            try bytes.write(to: URL(filePath: file))
        case .earlierBoot: known = UndoJournal(directory: state, bootID: "another")
        }
        let before = try Data(contentsOf: URL(filePath: file))
        #expect(try isRequested(ours) && isRequested(others))
        let restorer = Restorer(set: set, journal: known)
        #expect(throws: ActuationError.self) { try restorer.restore(dryRun: true) }
        #expect(try isRequested(ours))
        let error = #expect(throws: ActuationError.self) { try restorer.restore() }
        #expect(error?.code == .refused)
        #expect(try !isRequested(ours) && isRequested(others))
        #expect(try Data(contentsOf: URL(filePath: file)) == before)
        // Frozen by another program from now on, it is no longer ours.
        let directory = try ours.directory(.freezer)
        try directory.write(interface.frozenValue, to: interface.file)
        #expect(throws: ActuationError.self) { try restorer.restore() }
        #expect(try isRequested(ours))
        for cgroup in [ours, others] {
            try cgroup.directory(.freezer).write(interface.thawedValue, to: interface.file)
        }
    }

    /// The guardian's last resort: the daemon's freezes, but not a person's.
    @Test(arguments: KernelFreezerTests.trees) func markedCgroupIsThawedWithoutAnEntry(
        _ tree: KernelFreezerTests.Tree
    ) throws {
        let set = try #require(tree.set)
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let journal = UndoJournal(directory: state)
        let cgroups = [try PopulatedCgroup(set), try PopulatedCgroup(set)]
        for (cgroup, owner) in zip(cgroups, [JournalEntry.daemon, ""]) {
            try cgroup.run("exec sleep 300")
            _ = try Freezer(
                ActingContext(
                    set, journal: journal.owned(by: owner), thawGuard: Program.thawGuard)
            ).freeze(cgroup.path)
        }
        try journal.close(journal.entries(), reason: "test")
        let restorer = Restorer(set: set, journal: journal)
        #expect(try restorer.restore().isEmpty)
        #expect(restorer.thawMarked(of: .daemon).count == 1)
        let hierarchy = try cgroups[0].directory(.freezer).hierarchy
        let interface = FreezeInterface(version: hierarchy.version)
        let requests = try cgroups.map { try interface.isRequested($0.directory(.freezer).text) }
        #expect(requests == [false, true])
        #expect(restorer.thawMarked(of: .person).count == 1)
    }

    /// A tenant can create more cgroups than a process may open.
    @Test(arguments: KernelFreezerTests.trees) func markedCgroupsAreThawedWithFewDescriptors(
        _ tree: KernelFreezerTests.Tree
    ) async throws {
        let set = try #require(tree.set)
        let state = NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)"
        let scratch = try PopulatedCgroup(set)
        let hierarchy = try scratch.directory(.freezer).hierarchy
        let interface = FreezeInterface(version: hierarchy.version)
        let paths = try (0..<20).map { try scratch.child("child\($0)") }
        for path in paths {
            let directory = try CgroupDirectory(path, in: hierarchy)
            FrozenMark(journal: UndoJournal(directory: state)).put(on: directory.descriptor)
            try directory.write(interface.frozenValue, to: interface.file)
        }
        let thaw = { @Sendable () -> MarkedThaw in
            Restorer(set: set, journal: UndoJournal(directory: state)).thawMarked(of: .all)
        }
        let shortage = DescriptorShortage()
        for left in [0, 2] {
            let none = await shortage.run(leaving: left, thaw)
            #expect(none.count == 0)
            #expect(none.failure?.message.contains("Too many open files") == true)
        }
        let all = await shortage.run(leaving: 8, thaw)
        #expect(all.count == 20 && all.failure == nil)
        for path in paths {
            let directory = try CgroupDirectory(path, in: scratch.directory(.freezer).hierarchy)
            #expect(try !interface.isRequested(directory.text))
        }
    }
}
