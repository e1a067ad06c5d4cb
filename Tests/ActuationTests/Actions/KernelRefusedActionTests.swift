import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// What each action says when the kernel refuses its write, and what it leaves: nothing changed,
/// nothing on record.
@Suite(.serialized, .enabled(if: Kernel.isRoot, "it needs root"))
struct KernelRefusedActionTests {
    private let set: HierarchySet
    private let journal = UndoJournal(
        directory: NSTemporaryDirectory() + "cgwarden-test-\(UUID().uuidString)")

    init() throws { set = try #require(Kernel.set) }

    private func expect(
        _ refusal: RefusedWriteTests.Refusal, code: ActuationError.Code? = nil, says: String? = nil,
        _ action: () throws -> Void
    ) throws {
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        let error = #expect(throws: ActuationError.self) { try action() }
        #expect(error?.code == code ?? refusal.code, "\(error?.message ?? "")")
        #expect(error?.message.contains(says ?? refusal.advice) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
        #expect(try journal.entries().isEmpty)
    }

    private static let refusals = RefusedWriteTests.refusals

    @Test(arguments: refusals) func pinReportsARefusedWriteAndIsUndone(
        _ refusal: RefusedWriteTests.Refusal
    ) throws {
        guard set.hierarchies.contains(where: { $0.controllers.contains(.cpuset) }) else {
            try Test.cancel("a controller is missing here")
        }
        let scratch = try PopulatedCgroup(set, controllers: [.cpuset])
        let directory = try scratch.directory(.cpuset)
        let before = try directory.text("cpuset.cpus")
        // The first list is taken and has to come back.
        let files = FaultyFiles(failing: ["cpuset.mems"], code: refusal.errno)
        try expect(refusal) {
            _ = try Pinner(ActingContext(set, files: files, journal: journal)).pin(
                scratch.path, cpus: RangeList([0]), mems: RangeList([0]))
        }
        #expect(try directory.text("cpuset.cpus") == before)
    }

    @Test(arguments: refusals) func freezeReportsARefusedWriteAndIsUndone(
        _ refusal: RefusedWriteTests.Refusal
    ) throws {
        let scratch = try PopulatedCgroup(set)
        let pid = try scratch.run("exec sleep 300")
        let files = FaultyFiles(failing: ["freezer.state", "cgroup.freeze"], code: refusal.errno)
        try expect(refusal) {
            _ = try Freezer(
                ActingContext(set, files: files, journal: journal, thawGuard: Program.thawGuard)
            ).freeze(scratch.path)
        }
        #expect(processState(pid) != nil)
    }

    /// The errno of `cgroup.procs` have meanings of their own.
    @Test(arguments: refusals) func moveReportsARefusedWriteAndIsUndone(
        _ refusal: RefusedWriteTests.Refusal
    ) throws {
        let (first, second) = (try PopulatedCgroup(set), try PopulatedCgroup(set))
        let pid = try first.run("exec sleep 300")
        let before = try #require(try ProcessPlaces(set: set).places(of: pid))
        let last = try #require(set.hierarchies.last { $0.name == nil })
        let files = FailingTree(tree: last.label, code: refusal.errno)
        let own: (ActuationError.Code, String)? =
            refusal.code == .notFound
            ? (.notFound, "has exited")
            : refusal.errno == EINVAL
                ? (.refused, "refuses to move")
                : nil
        try expect(refusal, code: own?.0, says: own?.1) {
            _ = try Mover(ActingContext(set, files: files, journal: journal)).move(
                [pid], to: second.path)
        }
        #expect(try ProcessPlaces(set: set).places(of: pid) == before)
    }

    /// ENOENT and EOPNOTSUPP only mean that the kernel cannot, and a missing right does not forbid
    /// signals; then it is done one by one.
    @Test(.enabled(if: Kernel.hasUnified), arguments: refusals)
    func killReportsARefusedWrite(_ refusal: RefusedWriteTests.Refusal) throws {
        let unified = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(unified)
        let pid = try scratch.run("exec sleep 300")
        let killer = Killer(
            ActingContext(
                unified, files: FaultyFiles(failing: ["cgroup.kill"], code: refusal.errno),
                thawGuard: Program.thawGuard))
        if [ENOENT, EOPNOTSUPP, EACCES, EPERM].contains(refusal.errno) {
            #expect(try killer.kill(scratch.path, grace: .zero).means == .oneByOne(rounds: 1))
            return
        }
        try expect(refusal) { _ = try killer.kill(scratch.path, grace: .zero) }
        #expect(processState(pid).map { $0 != "Z" } ?? false)
    }

    /// EAGAIN means less than requested, which is not a failure.
    @Test(.enabled(if: Kernel.hasUnifiedMemory), arguments: refusals)
    func reclaimReportsARefusedWrite(_ refusal: RefusedWriteTests.Refusal) throws {
        let unified = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(unified, controllers: [.memory])
        let reclaimer = Reclaimer(
            ActingContext(
                unified, files: FaultyFiles(failing: ["memory.reclaim"], code: refusal.errno)))
        if refusal.errno == EAGAIN {
            #expect(try reclaimer.reclaim(scratch.path, .bytes(1 << 20)).isPartial)
            return
        }
        let own: (ActuationError.Code, String)? =
            refusal.errno == ENOENT ? (.unavailable, "since Linux 5.19") : nil
        try expect(refusal, code: own?.0, says: own?.1) {
            _ = try reclaimer.reclaim(scratch.path, .bytes(1 << 20))
        }
    }

    /// A cgroup in which the CPUs cannot be set is not left behind half made.
    @Test(.enabled(if: Kernel.hasCpuset), arguments: refusals)
    func createReportsARefusedWriteAndIsUndone(_ refusal: RefusedWriteTests.Refusal) throws {
        let scratch = try PopulatedCgroup(set, controllers: [.cpuset])
        let path = scratch.path.child("a/b".utf8)
        let files = FaultyFiles(failing: ["cpuset.mems"], code: refusal.errno)
        // Its own words for a limit on the number of cgroups.
        let own: (ActuationError.Code, String)? =
            refusal.errno == EAGAIN ? (.unavailable, "cgroup.max.depth") : nil
        try expect(refusal, code: own?.0, says: own?.1) {
            _ = try CgroupMaker(ActingContext(set, files: files, journal: journal)).make(
                path, controllers: [.cpuset])
        }
        for hierarchy in set.hierarchies {
            let above = path.parent ?? .root
            #expect((try? CgroupDirectory(above, in: hierarchy)) == nil, "\(hierarchy.label)")
        }
    }
}
