import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Making, removing, pinning, moving and reclaiming by the real kernel.
@Suite(.serialized) struct KernelPlacingTests {
    /// A hierarchy with cpuset: v1 if available, otherwise v2.
    private func cpusetScratch(_ set: HierarchySet) throws -> PopulatedCgroup {
        try PopulatedCgroup(set, controllers: [.cpuset])
    }

    private static var hasCpuset: Bool {
        Kernel.isRoot
            && Kernel.set?.hierarchies.contains { $0.controllers.contains(.cpuset) } == true
    }

    private func error(_ body: () throws -> Void) -> ActuationError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ActuationError
        }
    }

    private func allowed(_ pid: Int32) throws -> String? {
        try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("Cpus_allowed_list:") }
            .map { $0.split(separator: "\t").last.map(String.init) ?? "" }
    }

    @Test(.enabled(if: hasCpuset))
    func pinTakesEffectAndIsJournaled() throws {
        let set = try #require(Kernel.set)
        let scratch = try cpusetScratch(set)
        let pid = try scratch.run("exec sleep 300")
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        let pinned = try Pinner(ActingContext(set, journal: journal)).pin(
            scratch.path, cpus: RangeList([1]), mems: RangeList([0]))
        #expect(pinned.cpus == "1")
        #expect(pinned.mems == "0")
        #expect(pinned.missing == nil)
        #expect(try allowed(pid) == "1")
        #expect(try journal.entries().contains { $0.cell.file == "cpuset.cpus" })
    }

    @Test(.enabled(if: hasCpuset))
    func cpusetsThatTheKernelWouldRefuseOrIgnoreAreNotWritten() throws {
        let set = try #require(Kernel.set)
        let scratch = try cpusetScratch(set)
        let pinner = Pinner(ActingContext(set))
        let directory = try scratch.directory(.cpuset)
        let before = try directory.text("cpuset.cpus")
        let impossible = error {
            _ = try pinner.pin(scratch.path, cpus: RangeList([4000]), mems: nil)
        }
        #expect(impossible?.code == .outOfRange)
        #expect(impossible?.message.contains("choose from these") == true)
        #expect(try directory.text("cpuset.cpus") == before)
    }

    @Test(.enabled(if: Kernel.hasCpuset))
    func cpusetOfAV1ParentIsNotNarrowedBelowItsChild() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try cpusetScratch(set)
        let child = try scratch.child("inner", controllers: [.cpuset])
        let busy = error {
            _ = try Pinner(ActingContext(set)).pin(scratch.path, cpus: RangeList([0]), mems: nil)
        }
        #expect(busy?.code == .inTheWay)
        #expect(busy?.message.contains(child.description) == true)
    }

    @Test(.enabled(if: Kernel.hasCpuset))
    func pinWritesCPUsAndMemoryNodesOrNeither() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try cpusetScratch(set)
        let directory = try scratch.directory(.cpuset)
        let before = try directory.text("cpuset.cpus")
        let files = FaultyFiles(failing: ["cpuset.mems"], code: EACCES)
        let denied = error {
            _ = try Pinner(ActingContext(set, files: files)).pin(
                scratch.path, cpus: RangeList([0]), mems: RangeList([0]))
        }
        #expect(denied?.code == .notPermitted)
        #expect(try directory.text("cpuset.cpus") == before)
    }

    @Test(.enabled(if: Kernel.hasCpuset))
    func moveIntoAnEmptyV1CpusetIsExplained() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try cpusetScratch(set)
        try scratch.directory(.cpuset).write("\n", to: "cpuset.cpus")
        let refused = error { try scratch.run("exec sleep 300") }
        #expect(refused?.code == .unavailable)
        #expect(refused?.message.contains("cgwarden pin") == true)
        let pinned = try Pinner(ActingContext(set)).pin(
            scratch.path, cpus: RangeList([0]), mems: nil)
        #expect(pinned.cpus == "0")
        try scratch.run("exec sleep 300")
    }

    @Test(.enabled(if: Kernel.isRoot))
    func moveReportsTheOriginOfAProcess() throws {
        let set = try #require(Kernel.set)
        let first = try PopulatedCgroup(set)
        let second = try PopulatedCgroup(set)
        let pid = try first.run("exec sleep 300")
        let moved = try Mover(ActingContext(set)).move([pid], to: second.path)
        #expect(moved[0].origins.allSatisfy { $0.path == first.path })
        #expect(moved[0].origins.count >= 1)
        let places = try #require(try ProcessPlaces(set: set).places(of: pid))
        for (hierarchy, place) in zip(set.hierarchies, places) where hierarchy.name == nil {
            #expect(place == second.path)
        }
        #expect(try Mover(ActingContext(set)).move([pid], to: second.path)[0].origins.isEmpty)
    }

    @Test(.enabled(if: Kernel.isRoot))
    func moveThatFailsHalfwayIsUndone() throws {
        let set = try #require(Kernel.set)
        let first = try PopulatedCgroup(set)
        let second = try PopulatedCgroup(set)
        let pid = try first.run("exec sleep 300")
        let last = try #require(set.hierarchies.last { $0.name == nil })
        let files = FailingTree(tree: last.label, code: EBUSY)
        #expect(throws: ActuationError.self) {
            try Mover(ActingContext(set, files: files)).move([pid], to: second.path)
        }
        let places = try #require(try ProcessPlaces(set: set).places(of: pid))
        for (hierarchy, place) in zip(set.hierarchies, places) where hierarchy.name == nil {
            #expect(place == first.path, "\(hierarchy.label)")
        }
    }

    @Test(.enabled(if: Kernel.isRoot))
    func protectedProcessesAreNotMoved() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let mover = Mover(ActingContext(set))
        #expect(error { _ = try mover.move([0], to: scratch.path) }?.code == .usage)
        #expect(error { _ = try mover.move([1], to: scratch.path) }?.code == .refused)
        #expect(error { _ = try mover.move([2_000_000_000], to: scratch.path) }?.code == .notFound)
        let thread = error { _ = try mover.move([2], to: scratch.path) }
        #expect(thread?.code == .refused)
        #expect(thread?.message.contains("a kernel thread") == true)
    }

    @Test(.enabled(if: Kernel.hasUnifiedMemory))
    func moveIntoAV2CgroupWithControllersIsExplained() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set)
        _ = try scratch.child("inner", controllers: [.memory])
        let refused = error { try scratch.run("exec sleep 300") }
        #expect(refused?.code == .refused)
        #expect(refused?.message.contains("enables memory") == true)

        // And the other way round: one with processes cannot pass a controller on.
        let populated = try PopulatedCgroup(set)
        try populated.run("exec sleep 300")
        let busy = error { _ = try populated.child("inner", controllers: [.memory]) }
        #expect(busy?.code == .busy)
        #expect(busy?.message.contains("contains processes") == true)
    }

    @Test(.enabled(if: Kernel.isRoot))
    func removeRefusesPopulatedCgroupsWithoutKill() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        _ = try scratch.child("inner/deep")
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        let freezer = Freezer(ActingContext(set, journal: journal, thawGuard: Program.thawGuard))
        let remover = CgroupRemover(
            ActingContext(set, journal: journal, thawGuard: Program.thawGuard))
        #expect(error { _ = try remover.remove(scratch.path) }?.message.contains("-r") == true)
        let pid = try scratch.run("exec sleep 300", in: child)
        #expect(eventually { ProcessReader(.live).stat(pid)?.name == "sleep" })
        let busy = error { _ = try remover.remove(scratch.path, recursive: true) }
        #expect(busy?.message.contains("sleep (process \(pid))") == true)
        _ = try freezer.freeze(child)
        #expect(try journal.entries().count == 1)
        let removed = try remover.remove(scratch.path, recursive: true, killing: true)
        #expect(removed.killed == 1)
        #expect(try journal.entries().isEmpty)
        #expect(removed.directories == 3 * removed.hierarchies.count)
        #expect(error { _ = try remover.remove(scratch.path) }?.code == .notFound)
    }

    @Test(.enabled(if: Kernel.isRoot))
    func removeSparesACgroupRecreatedAtThePath() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let hierarchy = set.hierarchies[0]
        let old = try CgroupDirectory(scratch.path, in: hierarchy)
        try old.remove()
        _ = try CgroupMaker(ActingContext(set)).make(scratch.path)
        #expect(old.isKnownGone)
        #expect(throws: IOError.self) { try old.remove() }
        #expect((try? CgroupDirectory(scratch.path, in: hierarchy)) != nil)
    }

    @Test(.enabled(if: Kernel.hasUnifiedMemory))
    func reclaimFreesPageCache() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set, controllers: [.memory])
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        // Where this is a tmpfs, as in the guest, its pages go to swap.
        try scratch.run(
            "dd if=/dev/zero of=\(file.path()) bs=1M count=32; sync; exec sleep 300")
        let directory = try scratch.directory(.memory)
        func usage() -> UInt64 {
            (try? directory.text("memory.current")).flatMap { UInt64($0) } ?? 0
        }
        // All of it, so that nothing is added while it is reclaimed.
        #expect(eventually(60) { usage() > 32 << 20 })
        let reclaimed = try Reclaimer(ActingContext(set)).reclaim(scratch.path, .bytes(16 << 20))
        #expect(reclaimed.confirmed == 16 << 20)
        #expect(reclaimed.after + (12 << 20) < reclaimed.before)
        let all = try Reclaimer(ActingContext(set)).reclaim(scratch.path, .all)
        #expect(all.after < reclaimed.after)
        #expect(!all.isPartial)
        let more = try Reclaimer(ActingContext(set)).reclaim(
            scratch.path, .bytes(1 << 30), deadline: .seconds(2))
        #expect(more.isPartial)
    }

    @Test(.enabled(if: Kernel.legacy?.legacy(.memory) != nil && Kernel.isRoot))
    func reclaimOnV1SupportsOnlyAll() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        let refused = error {
            _ = try Reclaimer(ActingContext(set)).reclaim(scratch.path, .bytes(1 << 20))
        }
        #expect(refused?.code == .unavailable)
        #expect(refused?.message.contains("--all") == true)
        let reclaimed = try Reclaimer(ActingContext(set)).reclaim(scratch.path, .all)
        #expect(reclaimed.confirmed == nil)
    }

    /// An exiting process shows `/` on v1, which is not a move.
    @Test(.enabled(if: Kernel.isRoot))
    func processThatExitsAfterItsMoveIsNotReportedAsMovedElsewhere() throws {
        let set = try #require(Kernel.set)
        let target = try PopulatedCgroup(set)
        let child = try ChildProcess.start(["sleep", "300"], in: nil, joining: [], namespaces: [])
        defer { child.signal(SIGKILL) }
        let last = try #require(set.hierarchies.last { $0.name == nil })
        let pid = child.pid
        let files = HookedWrites(in: last.label) {
            kill(pid, SIGKILL)
            _ = eventually { processState(pid) == "Z" }
        }
        let moved = try Mover(ActingContext(set, files: files)).move([pid], to: target.path)
        #expect(moved.map(\.pid) == [pid])
        #expect(processState(pid) == "Z")
        _ = eventually { child.end() != nil }
    }

    @Test(.enabled(if: Kernel.isRoot), arguments: ["", "inner"])
    func moveIntoAFrozenCgroupIsRefused(_ below: String) throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        let outside = try PopulatedCgroup(set)
        let pid = try outside.run("exec sleep 300")
        let frozen = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: frozen.hierarchy.version)
        try frozen.write(interface.frozenValue, to: interface.file)
        let target = below.isEmpty ? scratch.path : child
        let refused = error { _ = try Mover(ActingContext(set)).move([pid], to: target) }
        #expect(refused?.code == .busy)
        #expect(refused?.message.contains("\(scratch.path) is frozen") == true)
        let places = try #require(try ProcessPlaces(set: set).places(of: pid))
        for (hierarchy, place) in zip(set.hierarchies, places) where hierarchy.name == nil {
            #expect(place == outside.path)
        }
    }

    /// cpu, pids and the like are switched on above processes without an error, and then nothing
    /// can start below.
    @Test(
        .enabled(if: Kernel.hasUnifiedMemory),
        arguments: [[Controller.pids], [.cpu, .memory], [.memory, .pids]])
    func createWithControllersBelowAPopulatedCgroupChangesNothing(
        _ controllers: [Controller]
    ) throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set, controllers: [.cpu, .memory, .pids])
        try scratch.run("exec sleep 300")
        let directory = try scratch.directory(.memory)
        let planned = error {
            _ = try CgroupMaker(ActingContext(set)).make(
                scratch.path.child("inner".utf8), controllers: controllers, dryRun: true)
        }
        let busy = error { _ = try scratch.child("inner", controllers: controllers) }
        #expect(planned?.message == busy?.message)
        #expect(busy?.code == .busy)
        #expect(busy?.message.contains("\(scratch.path) contains processes") == true)
        #expect(try directory.text("cgroup.type") == "domain")
        #expect(try directory.text("cgroup.subtree_control") == "")
        #expect(try directory.children().isEmpty)
    }

    @Test(.enabled(if: Kernel.hasUnifiedMemory))
    func createThatFailsHalfwayDisablesItsControllers() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set, controllers: [.memory, .pids])
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        let files = FaultyValue("+memory", code: EBUSY)
        let refused = error {
            _ = try CgroupMaker(ActingContext(set, files: files, journal: journal)).make(
                scratch.path.child("inner".utf8), controllers: [.pids, .memory])
        }
        #expect(refused != nil)
        let directory = try scratch.directory(.memory)
        #expect(try directory.text("cgroup.subtree_control") == "")
        #expect(try directory.children().isEmpty)
        #expect(try journal.entries().isEmpty)
    }
}
