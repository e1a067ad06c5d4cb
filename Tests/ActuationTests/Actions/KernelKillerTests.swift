import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Ending processes by the real kernel.
@Suite(.serialized) struct KernelKillerTests {
    /// A tree that ignores being asked and never stops forking; it leaves no zombies to process 1.
    private static let forker = """
        trap '' TERM
        (while :; do sleep 0.003; done) &
        while :; do (sleep 0.002; sleep 0.001); done
        """

    private func makeKiller(
        _ set: HierarchySet, files: any ControlFiles = KernelControlFiles()
    ) -> Killer {
        Killer(ActingContext(set, files: files, thawGuard: Program.thawGuard))
    }

    private func isEmpty(_ scratch: PopulatedCgroup) throws -> Bool {
        let directories = scratch.set.hierarchies.compactMap {
            try? CgroupDirectory(scratch.path, in: $0)
        }
        return try !directories.isEmpty
            && directories.allSatisfy { try $0.processesBelow().isEmpty }
    }

    @Test(.enabled(if: Kernel.hasFreezer))
    func forkingTreeIsKilledOnV1WithinTwentyRounds() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        if set.legacy(.pids) != nil {
            try scratch.directory(.pids).write("60", to: "pids.max")
        }
        let child = try scratch.child("inner")
        for place in [scratch.path, child] {
            for _ in 0..<3 { try scratch.run(Self.forker, in: place) }
        }
        // Each has set its trap when it has its second child.
        #expect(try eventually { try scratch.directory(.freezer).processesBelow().count >= 12 })
        let killed = try makeKiller(set).kill(scratch.path, grace: .milliseconds(100))
        guard case .frozen(let rounds) = killed.means else {
            Issue.record("\(killed.means)")
            return
        }
        #expect((1...20).contains(rounds))
        #expect(killed.processes >= 6)
        #expect(try isEmpty(scratch))
        #expect(try scratch.directory(.freezer).text("freezer.state") == "THAWED")
    }

    @Test(.enabled(if: Kernel.hasFreezer))
    func frozenCgroupIsKilledOnV1WithoutGraceTime() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("exec sleep 300")
        _ = try Freezer(ActingContext(set, thawGuard: Program.thawGuard)).freeze(scratch.path)
        // Its guard lets go when it is thawed; so does a thaw by hand.
        let killed = try makeKiller(set).kill(scratch.path, grace: .seconds(60))
        #expect(killed.processes == 1)
        #expect(try isEmpty(scratch))
    }

    /// Only one below it is frozen: that dies at once, and who is not frozen is asked first.
    @Test(.enabled(if: Kernel.hasFreezer), .timeLimit(.minutes(10)), arguments: [false, true])
    func frozenDescendantIsKilledOnV1WithoutGraceTime(_ throughUnified: Bool) throws {
        let set = try #require(throughUnified ? Kernel.set : Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let pid = try scratch.run(
            "trap 'echo asked >\(file.path()); exit' TERM; while :; do sleep 0.05; done")
        try scratch.run("exec sleep 300", in: child)
        #expect(
            try eventually {
                try CgroupDirectory(scratch.path, in: set.hierarchies[0]).processes().count > 1
            })
        let freezer = try #require(set.legacy(.freezer))
        let frozen = try CgroupDirectory(child, in: set.hierarchies[freezer])
        try frozen.write("FROZEN", to: "freezer.state")
        #expect(eventually { (try? frozen.text("freezer.state")) == "FROZEN" })
        let killed = try makeKiller(set).kill(scratch.path, grace: .seconds(36000))
        #expect(killed.means == .signal)
        #expect(FileManager.default.fileExists(atPath: file.path()))
        #expect(processState(pid).map { $0 == "Z" } ?? true)
        #expect(try isEmpty(scratch))
        #expect(try frozen.text("freezer.state") == "THAWED")
    }

    /// Without a grace time, too: an error must not mean that nothing was done.
    @Test func signalIsSentWithoutGraceTimeAndForce() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let pid = try scratch.run("exec sleep 300")
        _ = try? makeKiller(set).kill(scratch.path, grace: .zero, force: false)
        #expect(eventually { processState(pid).map { $0 == "Z" } ?? true })
        #expect(try eventually { try isEmpty(scratch) })
    }

    /// It can handle no signal, and only `force` may kill it.
    @Test(.enabled(if: Kernel.hasFreezer))
    func frozenCgroupIsNotKilledOnV1WithoutForce() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        let asked = try scratch.run("exec sleep 300")
        let pid = try scratch.run("exec sleep 300", in: child)
        let freezer = try #require(set.legacy(.freezer))
        let frozen = try CgroupDirectory(child, in: set.hierarchies[freezer])
        try frozen.write("FROZEN", to: "freezer.state")
        defer { try? frozen.write("THAWED", to: "freezer.state") }
        #expect(eventually { (try? frozen.text("freezer.state")) == "FROZEN" })
        for (grace, dryRun) in [(Duration.seconds(60), false), (.zero, false), (.zero, true)] {
            let error = #expect(throws: ActuationError.self) {
                try makeKiller(set).kill(
                    scratch.path, grace: grace, force: false, dryRun: dryRun)
            }
            #expect(error?.code == .busy)
            #expect(error?.message.contains("\(child) is frozen") == true)
        }
        for pid in [asked, pid] { #expect(processState(pid).map { $0 != "Z" } ?? false) }
        #expect(try frozen.text("freezer.state") == "FROZEN")
        try frozen.write("THAWED", to: "freezer.state")
        #expect(try makeKiller(set).kill(scratch.path, force: false).means == .signal)
    }

    /// Nothing in it can exit, so it fails immediately.
    @Test(.enabled(if: Kernel.hasFreezer))
    func killIsRefusedOnV1BelowAFrozenAncestor() throws {
        let set = try #require(Kernel.legacy)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        try scratch.run("exec sleep 300", in: child)
        try scratch.directory(.freezer).write("FROZEN", to: "freezer.state")
        let error = #expect(throws: ActuationError.self) { try makeKiller(set).kill(child) }
        #expect(error?.code == .busy)
        #expect(error?.message.hasSuffix("cgwarden thaw \(scratch.path)") == true)
    }

    /// While it was looked at, the path became another cgroup's: that stays unharmed.
    @Test(.enabled(if: Kernel.isRoot))
    func cgroupRecreatedAtThePathIsNotKilled() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let other = try PopulatedCgroup(set)
        let old = try scratch.run("exec sleep 300")
        let new = try other.run("exec sleep 300")
        let files = HookedFiles(afterReads: 0) {
            _ = try? Mover(ActingContext(set)).move([old], to: other.path)
            for hierarchy in set.hierarchies {
                try? CgroupDirectory(scratch.path, in: hierarchy).remove()
            }
            _ = try? CgroupMaker(ActingContext(set)).make(scratch.path)
            _ = try? Mover(ActingContext(set)).move([new], to: scratch.path)
        }
        // A grace time would end the first one before the change, if it handles signals by then.
        _ = try? makeKiller(set, files: files).kill(scratch.path, grace: .zero)
        withExtendedLifetime((scratch, other)) {
            for pid in [old, new] { #expect(processState(pid).map { $0 != "Z" } ?? false) }
        }
    }

    @Test(.enabled(if: Kernel.hasUnified))
    func cgroupKillEndsAFrozenCgroupAndNewProcessesRun() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        try scratch.run(Self.forker)
        try scratch.run("trap '' TERM; sleep 300; sleep 300", in: child)
        let directory = try scratch.directory(.freezer)
        try directory.write("1", to: "cgroup.freeze")
        try CgroupDirectory(child, in: set.hierarchies[0]).write("1", to: "cgroup.freeze")
        #expect(eventually { (try? directory.text("cgroup.events").contains("frozen 1")) == true })

        let killed = try makeKiller(set).kill(scratch.path, grace: .zero)
        #expect(killed.means == .kernel)
        #expect(try directory.text("cgroup.events").contains("populated 0"))
        #expect(try directory.text("cgroup.freeze") == "0")
        for place in [scratch.path, child] {
            let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: file) }
            try scratch.run("echo ran >\(file.path()); exec sleep 300", in: place)
            #expect(eventually { FileManager.default.fileExists(atPath: file.path()) })
        }
    }

    @Test(.enabled(if: Kernel.hasUnified))
    func processesAreKilledIndividuallyWithoutCgroupKill() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set)
        for _ in 0..<3 { try scratch.run("trap '' TERM; sleep 300; sleep 300") }
        // A shell with a child has set its trap.
        #expect(try eventually { try scratch.directory(.freezer).processesBelow().count >= 6 })
        let files = FaultyFiles(failing: ["cgroup.kill"], code: ENOENT)
        let killed = try makeKiller(set, files: files).kill(
            scratch.path, grace: .milliseconds(50))
        guard case .oneByOne = killed.means else {
            Issue.record("\(killed.means)")
            return
        }
        #expect(try isEmpty(scratch))
    }

    @Test(.enabled(if: Kernel.isRoot))
    func processThatExitsOnTheSignalIsNotKilled() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let pid = try scratch.run(
            "trap 'echo asked >\(file.path()); exit' TERM; while :; do sleep 0.05; done")
        #expect(eventually { processState(pid) == "S" })
        // The shell must have set its trap: it has, once it has a child.
        #expect(
            try eventually {
                try CgroupDirectory(scratch.path, in: set.hierarchies[0]).processes().count > 1
            })
        let killed = try makeKiller(set).kill(scratch.path)
        #expect(killed.means == .signal)
        #expect(FileManager.default.fileExists(atPath: file.path()))
        #expect(try makeKiller(set).kill(scratch.path).means == .nobody)
    }

    /// The classic v1 picture: in one tree it is in the cgroup, in another it is not.
    @Test(.enabled(if: Kernel.hasFreezer))
    func killIsRefusedIfHierarchiesHoldDifferentProcesses() throws {
        let set = try #require(Kernel.set)
        let scratch = try PopulatedCgroup(set, controllers: [.memory])
        let pid = try scratch.run("exec sleep 300")
        let freezer = Freezer(ActingContext(set, thawGuard: Program.thawGuard))
        let absent = #expect(throws: ActuationError.self) { try freezer.freeze(scratch.path) }
        #expect(absent?.code == .refused)
        #expect(absent?.message.contains("hierarchy freezer has no such cgroup") == true)
        #expect(absent?.message.contains("would be affected") == true)

        // The path is in the freezer's tree as well, with another process.
        _ = try CgroupMaker(ActingContext(set)).make(scratch.path, controllers: [.freezer])
        let other = try PopulatedCgroup(set, controllers: [.pids])
        let stranger = try other.run("exec sleep 300")
        _ = try Mover(ActingContext(set)).move(
            [pid, stranger], to: scratch.path, controllers: [.freezer])
        let wider = #expect(throws: ActuationError.self) { try freezer.freeze(scratch.path) }
        #expect(wider?.message.contains("would be affected too") == true)
        #expect(wider?.message.contains("process \(stranger)") == true)
        let killing = #expect(throws: ActuationError.self) {
            try makeKiller(set).kill(scratch.path)
        }
        #expect(killing?.code == .refused)
        #expect(processState(pid) != nil && processState(stranger) != nil)

        // Now the freezer's tree misses the one that the path means.
        kill(stranger, SIGKILL)
        let root = try CgroupDirectory(
            .root, in: set.hierarchies[try #require(set.legacy(.freezer))])
        try root.write("\(pid)", to: "cgroup.procs")
        let narrower = #expect(throws: ActuationError.self) { try freezer.freeze(scratch.path) }
        #expect(narrower?.message.contains("would be missed") == true)
    }

    @Test(.enabled(if: Kernel.isRoot))
    func killOfTheCallersCgroupIsRefused() throws {
        let set = try #require(Kernel.set)
        let places = try #require(try ProcessPlaces(set: set).places(of: getpid()))
        for place in Set(places.compactMap { $0 }) {
            let error = #expect(throws: ActuationError.self) { try makeKiller(set).kill(place) }
            #expect(error?.code == .refused)
        }
    }
}
