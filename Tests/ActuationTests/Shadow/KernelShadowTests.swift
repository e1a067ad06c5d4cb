import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Synchronization
import Testing

@testable import Actuation

/// Processes that are one cgroup in one tree of v1 and sit in a larger one in the others.
@Suite(.serialized) struct KernelShadowTests {
    static let canShadow =
        Kernel.hasFreezer && Kernel.hasCpuset && Kernel.legacy?.legacy(.pids) != nil

    /// A cgroup with processes in the pids tree alone, and a place for shadows.
    private final class Scratch {
        let set: HierarchySet
        let target: PopulatedCgroup
        let place: PopulatedCgroup
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)

        init() throws {
            set = try #require(Kernel.legacy)
            target = try PopulatedCgroup(set, controllers: [.pids])
            place = try PopulatedCgroup(set, controllers: [.freezer, .cpuset])
        }

        deinit { try? FileManager.default.removeItem(atPath: journal.directory) }

        var context: ActingContext { context() }

        func context(files: any ControlFiles = KernelControlFiles()) -> ActingContext {
            ActingContext(
                set, files: files, journal: journal, thawGuard: Program.thawGuard,
                shadowParent: place.path)
        }

        /// Moves the processes into a shadow in the freezer's hierarchy.
        func cover(in context: ActingContext? = nil) throws {
            _ = try ShadowGroups(context ?? self.context).cover(
                TargetTrees(target.path, in: set), in: #require(set.legacy(.freezer)))
        }

        func place(of pid: Int32, _ controller: Controller) throws -> CgroupPath? {
            let tree = try #require(set.legacy(controller))
            return try ProcessPlaces(set: set).place(of: pid, in: tree)
        }

        /// The shadows that are left.
        func left(_ controller: Controller) throws -> [CgroupPath] {
            try place.directory(controller).children().map(\.path)
        }
    }

    @Test(.enabled(if: canShadow, "needs freezer, cpuset and pids of v1"))
    func shadowFreezeAffectsOnlyTheCgroupAndIsUndone() throws {
        let scratch = try Scratch()
        let pid = try scratch.target.run("exec sleep 300")
        let refusal = #expect(throws: ActuationError.self) {
            try Freezer(scratch.context).freeze(scratch.target.path)
        }
        #expect(refusal?.code == .refused)
        let freezer = Freezer(scratch.context)
        let frozen = try freezer.freeze(scratch.target.path, shadow: true)
        #expect(frozen.hierarchy == "freezer")
        #expect(frozen.processes == 1)
        #expect(try scratch.place(of: pid, .freezer)?.parent == scratch.place.path)
        #expect(try scratch.place(of: pid, .cpuset) == .root)
        let thawed = try freezer.thaw(scratch.target.path)
        #expect(thawed.hierarchies == ["freezer"])
        #expect(try scratch.place(of: pid, .freezer) == .root)
        #expect(try scratch.left(.freezer) == [])
        #expect(try scratch.journal.entries() == [])
    }

    @Test(.enabled(if: canShadow, "needs freezer, cpuset and pids of v1"))
    func shadowCpusetIsSetBeforeProcessesMoveIn() throws {
        let scratch = try Scratch()
        let pid = try scratch.target.run("exec sleep 300")
        let pinned = try Pinner(scratch.context).pin(
            scratch.target.path, cpus: RangeList([1]), mems: nil, shadow: true)
        #expect(pinned.cpus == "1")
        #expect(pinned.missing == nil)
        #expect(try allowed(pid) == "1")
        #expect(try scratch.place(of: pid, .freezer) == .root)
        _ = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(try scratch.place(of: pid, .cpuset) == .root)
        #expect(try allowed(pid) != "1")
        #expect(try scratch.left(.cpuset) == [])
    }

    @Test(.enabled(if: canShadow, "needs freezer, cpuset and pids of v1"))
    func forkingTreeMovesToTheShadowAndBackCompletely() throws {
        let scratch = try Scratch()
        let pid = try scratch.target.run("while :; do /bin/true & wait; sleep 0.002; done")
        try scratch.cover()
        let shadow = try #require(try scratch.place(of: pid, .freezer))
        #expect(shadow.parent == scratch.place.path)
        // What it starts from now on is born in the shadow, and no entry of the journal knows it.
        let born = try scratch.target.run("sleep 300 & wait")
        try scratch.cover()
        #expect(try scratch.place(of: born, .freezer) == shadow)
        // As after a SIGKILL: only the journal is left.
        let results = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(results.filter(\.isLeft).isEmpty)
        #expect(try scratch.place(of: pid, .freezer) == .root)
        #expect(try scratch.left(.freezer) == [])
        #expect(try Restorer(set: scratch.set, journal: scratch.journal).restore().isEmpty)
    }

    /// Processes cannot return to a removed cgroup; the shadow is removed anyway.
    @Test(.enabled(if: canShadow, "needs freezer, cpuset and pids of v1"))
    func shadowOfARemovedCgroupIsRemovedByRestore() throws {
        let scratch = try Scratch()
        let origin = try PopulatedCgroup(scratch.set, controllers: [.freezer])
        let pid = try scratch.target.run("exec sleep 300")
        try KernelControlFiles().write(
            "\(pid)", to: "cgroup.procs", of: origin.directory(.freezer))
        try scratch.cover()
        #expect(try scratch.left(.freezer).count == 1)
        kill(pid, SIGKILL)
        #expect(eventually { (try? origin.directory(.freezer).remove()) != nil })
        let shadow = try #require(try scratch.left(.freezer).first)
        #expect(
            try eventually {
                try CgroupDirectory(shadow, in: scratch.place.directory(.freezer).hierarchy)
                    .processes().isEmpty
            })
        let results = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(results.filter(\.isLeft).isEmpty)
        #expect(try scratch.left(.freezer) == [])
    }

    @Test(.enabled(if: canShadow, "needs freezer, cpuset and pids of v1"))
    func noProcessIsMovedWithoutAJournal() throws {
        let scratch = try Scratch()
        let pid = try scratch.target.run("exec sleep 300")
        #expect(throws: ActuationError.self) {
            try scratch.cover(
                in: ActingContext(scratch.set, shadowParent: scratch.place.path))
        }
        #expect(try scratch.place(of: pid, .freezer) == .root)
    }

    /// As after a crash at any write, before or behind it: from there on nothing is written, not even
    /// what would clean up.
    @Test(
        .enabled(if: canShadow, "needs freezer, cpuset and pids of v1"),
        arguments: 0..<5, [false, true])
    func crashAtAnyStepOfAShadowIsUndone(_ step: Int, _ isBehind: Bool) throws {
        let scratch = try Scratch()
        let pids = [
            try scratch.target.run("exec sleep 300"), try scratch.target.run("exec sleep 300"),
        ]
        let files = DyingFiles(after: step, isBehind: isBehind)
        let pinner = Pinner(scratch.context(files: files))
        #expect(throws: ActuationError.self) {
            try pinner.pin(
                scratch.target.path, cpus: RangeList([1]), mems: nil, shadow: true)
        }
        #expect(files.isDead)
        let results = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(results.filter(\.isLeft).isEmpty)
        for pid in pids { #expect(try scratch.place(of: pid, .cpuset) == .root) }
        #expect(try scratch.left(.cpuset) == [])
        #expect(try scratch.journal.entries() == [])
    }

    private func allowed(_ pid: Int32) throws -> String? {
        try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("Cpus_allowed_list:") }
            .map { $0.split(separator: "\t").last.map(String.init) ?? "" }
    }
}

/// The kernel's files, with a crash at a write.
private final class DyingFiles: ControlFiles {
    private let left: Mutex<Int>
    private let isBehind: Bool
    private let kernel = KernelControlFiles()

    init(after count: Int, isBehind: Bool) {
        left = Mutex(count)
        self.isBehind = isBehind
    }

    var isDead: Bool { left.withLock { $0 < 0 } }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        let now = left.withLock { left in
            left -= 1
            return left
        }
        if now >= 0 || (isBehind && now == -1) {
            try kernel.write(value, to: name, of: directory)
        }
        if now < 0 { throw IOError("write", name, code: EIO) }
    }
}
