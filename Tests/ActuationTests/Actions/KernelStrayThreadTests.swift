import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Cgroups with threads of processes that live elsewhere, which a kill cannot reach.
@Suite(.serialized, .enabled(if: RunPlace.python != nil, "no python3"))
struct KernelStrayThreadTests {
    private func makeKiller(_ set: HierarchySet) -> Killer {
        Killer(ActingContext(set, thawGuard: Program.thawGuard))
    }

    /// Starts a process with one more thread in a cgroup; the numbers of both.
    private func startThreaded(
        in scratch: PopulatedCgroup, _ place: CgroupPath? = nil
    ) throws -> (process: Int32, thread: Int32) {
        let python = try #require(RunPlace.python)
        let script =
            "import threading, time; threading.Thread(target=time.sleep, args=(300,)).start(); "
            + "time.sleep(300)"
        let pid = try scratch.run("exec '\(python)' -c '\(script)'", in: place)
        var thread: Int32?
        _ = eventually(30) {
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            thread = (names ?? []).compactMap { Int32($0) }.first { $0 != pid }
            return thread != nil
        }
        return (pid, try #require(thread))
    }

    @Test(.enabled(if: Kernel.hasFreezer))
    func killOnV1NamesAProcessWithAThreadInTheCgroup() throws {
        let set = try #require(Kernel.legacy)
        let home = try PopulatedCgroup(set, controllers: [.freezer])
        let target = try PopulatedCgroup(set, controllers: [.freezer])
        let (pid, thread) = try startThreaded(in: home)
        try target.directory(.freezer).write("\(thread)", to: "tasks")
        let error = #expect(throws: ActuationError.self) {
            try makeKiller(set).kill(target.path, grace: .milliseconds(100))
        }
        #expect(error?.code == .failed)
        let message = error?.message ?? ""
        #expect(message.contains("1 thread"), "\(message)")
        #expect(message.contains("(process \(pid)) in \(home.path)"), "\(message)")
        #expect(!message.contains("uninterruptible"), "\(message)")
        #expect(processState(pid).map { $0 != "Z" } ?? false)
        withExtendedLifetime(home) {}
    }

    @Test(.enabled(if: Kernel.hasFreezer))
    func killEndsTheProcessesBesideAStrayThread() throws {
        let set = try #require(Kernel.legacy)
        let home = try PopulatedCgroup(set, controllers: [.freezer])
        let target = try PopulatedCgroup(set, controllers: [.freezer])
        let (stranger, thread) = try startThreaded(in: home)
        let (own, _) = try startThreaded(in: target)
        try target.directory(.freezer).write("\(thread)", to: "tasks")
        let error = #expect(throws: ActuationError.self) {
            try makeKiller(set).kill(target.path, grace: .zero)
        }
        #expect(error?.message.contains("(process \(stranger))") == true, "\(error?.message ?? "")")
        #expect(eventually { processState(own).map { $0 == "Z" } ?? true })
        #expect(processState(stranger).map { $0 != "Z" } ?? false)
        withExtendedLifetime(home) {}
    }

    /// Two threaded cgroups: the process is where its first thread is.
    @Test(.enabled(if: Kernel.hasUnified))
    func killOfAThreadedV2CgroupNamesProcessesWithOtherThreads() throws {
        let set = try #require(Kernel.unified)
        let scratch = try PopulatedCgroup(set)
        let first = try scratch.child("first")
        let second = try scratch.child("second")
        let (pid, thread) = try startThreaded(in: scratch)
        for place in [first, second] {
            try CgroupDirectory(place, in: set.hierarchies[0]).write(
                "threaded", to: "cgroup.type")
        }
        try CgroupDirectory(first, in: set.hierarchies[0]).write("\(pid)", to: "cgroup.procs")
        let directory = try CgroupDirectory(second, in: set.hierarchies[0])
        try directory.write("\(thread)", to: "cgroup.threads")

        let error = #expect(throws: ActuationError.self) {
            try makeKiller(set).kill(second, grace: .milliseconds(100))
        }
        let message = error?.message ?? ""
        #expect(message.contains("(process \(pid)) in \(first)"), "\(message)")
        #expect(!message.contains("uninterruptible"), "\(message)")
        #expect(processState(pid).map { $0 != "Z" } ?? false)

        let killed = try makeKiller(set).kill(first, grace: .zero)
        #expect(killed.processes == 1)
        #expect(try eventually(30) { try directory.text("cgroup.threads") == "" })
    }

    /// A process dies in no tree as long as v1's freezer holds it in some other cgroup.
    @Test(.enabled(if: Kernel.hasFreezer && Kernel.legacy?.legacy(.pids) != nil))
    func killNamesAnotherCgroupThatFreezesTheProcess() throws {
        let set = try #require(Kernel.legacy)
        let target = try PopulatedCgroup(set, controllers: [.pids])
        let other = try PopulatedCgroup(set, controllers: [.freezer])
        let pid = try target.run("exec sleep 300")
        _ = try Mover(ActingContext(set)).move([pid], to: other.path, controllers: [.freezer])
        let freezer = try other.directory(.freezer)
        try freezer.write("FROZEN", to: "freezer.state")
        #expect(eventually(30) { (try? freezer.text("freezer.state")) == "FROZEN" })
        let error = #expect(throws: ActuationError.self) {
            try makeKiller(set).kill(target.path, grace: .milliseconds(100))
        }
        #expect(error?.code == .busy)
        #expect(
            error?.message.contains("cgwarden thaw \(other.path)") == true,
            "\(error?.message ?? "")")
        withExtendedLifetime(other) {}
    }
}
