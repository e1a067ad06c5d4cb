import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Freezing and thawing by the real kernel.
@Suite(.serialized) struct KernelFreezerTests {
    enum Tree: String, CaseIterable, Sendable {
        case legacy, unified

        var set: HierarchySet? {
            switch self {
            case .legacy: Kernel.hasFreezer ? Kernel.legacy : nil
            case .unified: Kernel.hasUnified ? Kernel.unified : nil
            }
        }
    }

    static let trees = Tree.allCases.filter { $0.set != nil }

    private func makeFreezer(_ set: HierarchySet, journal: UndoJournal? = nil) -> Freezer {
        Freezer(ActingContext(set, journal: journal, thawGuard: Program.thawGuard))
    }

    /// A counter that moves while the script runs.
    private func counting(_ file: URL) -> String {
        "while :; do echo >>\(file.path()); sleep 0.01; done"
    }

    private func size(_ file: URL) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file.path())[.size] as? Int) ?? 0
    }

    @Test(arguments: trees)
    func freezeStopsProgressAndThawResumesIt(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        try scratch.run(counting(file))
        #expect(eventually { size(file) > 0 })

        let frozen = try makeFreezer(set, journal: journal).freeze(scratch.path)
        #expect(frozen.processes >= 1)
        #expect(frozen.timeout == .seconds(60))
        let before = size(file)
        usleep(200_000)
        #expect(size(file) == before)
        #expect(try journal.entries().count == 1)

        let thawed = try makeFreezer(set, journal: journal).thaw(scratch.path)
        #expect(thawed.hierarchies == [frozen.hierarchy])
        #expect(thawed.frozenBy == nil)
        #expect(eventually { size(file) > before })
        #expect(try journal.entries().isEmpty)
    }

    /// v1 leaves about every eighth such freeze unfinished when it is asked but once.
    @Test(arguments: trees)
    func freezeCatchesProcessesThatForkContinuously(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("while :; do sleep 0.001; done")
        let directory = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        for _ in 0..<60 {
            try directory.write(interface.frozenValue, to: interface.file)
            let stands = try interface.settle(
                directory, files: KernelControlFiles(), within: .seconds(60))
            #expect(stands)
            try directory.write(interface.thawedValue, to: interface.file)
            usleep(5000)
        }
    }

    @Test(arguments: trees)
    func cgroupIsThawedAtItsTimeout(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("exec sleep 300")
        let directory = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        let journal = UndoJournal(directory: NSTemporaryDirectory() + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: journal.directory) }
        let start = ContinuousClock.now
        _ = try makeFreezer(set, journal: journal).freeze(scratch.path, timeout: .seconds(1))
        #expect(eventually { (try? interface.isThawed(directory.text)) == true })
        #expect(ContinuousClock.now - start >= .milliseconds(900))
        #expect(try eventually { try journal.entries().isEmpty })
    }

    /// The caller is killed as soon as the cgroup is frozen.
    @Test(arguments: trees)
    func freezeEndsAtTimeoutWhenCallerDies(_ tree: Tree) throws {
        let set = try #require(tree.set)
        // The program sees all trees, and in each of them it is the same cgroup.
        let scratch = try PopulatedCgroup(try #require(Kernel.set))
        try scratch.run("exec sleep 300")
        let directory = try CgroupDirectory(
            scratch.path,
            in: set.hierarchies[try #require(set.unified ?? set.legacy(.freezer))])
        guard (Kernel.set?.unified == nil) == (tree == .legacy) else { return }
        let interface = FreezeInterface(version: directory.hierarchy.version)
        let caller = Process()
        caller.executableURL = URL(filePath: Program.path)
        // A slow machine sees it frozen within that time.
        caller.arguments = ["freeze", "--timeout", "5s", scratch.path.description]
        caller.environment = Program.environment
        caller.standardOutput = FileHandle.nullDevice
        try caller.run()
        #expect(eventually { (try? interface.isFrozen(directory.text)) == true })
        kill(caller.processIdentifier, SIGKILL)
        caller.waitUntilExit()
        #expect(eventually { (try? interface.isThawed(directory.text)) == true })
    }

    @Test(arguments: trees)
    func abandonedThawHelperExitsAndAllowsAnotherFreeze(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let directory = try scratch.directory(.freezer)
        do {
            // The caller dies between the helper's start and the freeze.
            let watch = try Program.thawGuard.watch(directory, timeout: .seconds(60))
            #expect(!isFree(directory, within: .zero))
            _ = consume watch
        }
        #expect(isFree(directory, within: .seconds(30)))
    }

    /// Whether no helper guards a cgroup any more.
    private func isFree(_ directory: CgroupDirectory, within time: Duration) -> Bool {
        let lock = try? ThawLocks(in: Program.state).take(directory.descriptor, within: time)
        guard let lock else { return false }
        lock.remove()
        return true
    }

    @Test(arguments: trees)
    func earlierThawHelperDoesNotEndALaterFreeze(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("exec sleep 300")
        let freezer = makeFreezer(set)
        _ = try freezer.freeze(scratch.path, timeout: .seconds(4))
        _ = try freezer.thaw(scratch.path)
        _ = try freezer.freeze(scratch.path, timeout: .seconds(60))
        let directory = try scratch.directory(.freezer)
        usleep(4_500_000)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        #expect(try interface.isFrozen(directory.text))
        #expect(throws: ActuationError.self) { try freezer.freeze(scratch.path) }
        _ = try freezer.thaw(scratch.path)
    }

    @Test(arguments: trees)
    func thawNamesTheAncestorThatKeepsItFrozen(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let child = try scratch.child("inner")
        try scratch.run("exec sleep 300", in: child)
        let freezer = makeFreezer(set)
        _ = try freezer.freeze(child)
        _ = try freezer.freeze(scratch.path)
        let thawed = try freezer.thaw(child)
        #expect(thawed.hierarchies.count == 1)
        #expect(thawed.frozenBy == scratch.path)
        #expect(try freezer.thaw(scratch.path).frozenBelow == 0)
    }

    @Test(arguments: trees)
    func freezeIsUndoneIfOtherProcessesWaitForALock(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        // The shell leaves the open file to its child, so the taker in the table may be gone.
        try scratch.run("exec 9>\(file.path()); flock 9; exec sleep 300")
        let waiter = Process()
        waiter.executableURL = URL(filePath: "/usr/bin/flock")
        waiter.arguments = [file.path(), "true"]
        let inode = try #require(
            try FileManager.default.attributesOfItem(atPath: file.path())[.systemFileNumber]
                as? UInt64)
        #expect(eventually { locks().contains(":\(inode) ") })
        try waiter.run()
        defer {
            kill(waiter.processIdentifier, SIGKILL)
            waiter.waitUntilExit()
        }
        #expect(
            eventually {
                locks().split(separator: "\n").contains {
                    $0.contains("->") && $0.contains(":\(inode) ")
                }
            })

        let directory = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        let error = thawedAtOnce(set, scratch.path)
        #expect(error?.code == .refused)
        #expect(error?.message.contains("flock (process \(waiter.processIdentifier))") == true)
        #expect(eventually { (try? interface.isThawed(directory.text)) == true })
    }

    /// Freezes and must be refused; the freezer itself thaws, an hour before anyone else would.
    private func thawedAtOnce(_ set: HierarchySet, _ path: CgroupPath) -> ActuationError? {
        let files = LoggedFiles()
        let error = #expect(throws: ActuationError.self) {
            try Freezer(ActingContext(set, files: files, thawGuard: Program.thawGuard))
                .freeze(path, timeout: .seconds(3600))
        }
        let tree = set.hierarchies[set.unified ?? set.legacy(.freezer) ?? 0]
        let interface = FreezeInterface(version: tree.version)
        #expect(files.values.first == interface.frozenValue)
        #expect(files.values.last == interface.thawedValue)
        return error
    }

    private func locks() -> String {
        (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
    }

    /// A machine whose lock table cannot be read: everything of /proc but that.
    @Test(arguments: trees)
    func freezeIsUndoneIfTheLockTableIsUnreadable(_ tree: Tree) throws {
        let real = try #require(tree.set)
        let scratch = try PopulatedCgroup(real)
        let pid = try scratch.run("exec sleep 300")
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let proc = root.appending(path: "proc")
        try FileManager.default.createDirectory(at: proc, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        for name in ["self", "1", "\(pid)", "\(getppid())"] {
            try FileManager.default.createSymbolicLink(
                atPath: proc.appending(path: name).path(), withDestinationPath: "/proc/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: root.appending(path: "cgroup").path(), withDestinationPath: "/sys/fs/cgroup")
        let all = try HierarchySet.discover(.captured(in: root.path()))
        let set = all.only(all.hierarchies.filter { $0.version == real.hierarchies[0].version })

        let error = thawedAtOnce(set, scratch.path)
        #expect(error?.code == .refused)
        #expect(error?.message.contains("unknown whether other processes wait") == true)
        let directory = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        #expect(eventually { (try? interface.isThawed(directory.text)) == true })
    }

    /// Any process can have the variable, also a child of PID 1.
    @Test(arguments: trees)
    func watchdogVariableOfAnyProcessDoesNotShortenTheTimeout(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        // The shell in parentheses exits, so PID 1 adopts the first one.
        try scratch.run("(WATCHDOG_USEC=2000000 sleep 300 &); WATCHDOG_USEC=1 exec sleep 300")
        let directory = try scratch.directory(.freezer)
        let reader = ProcessReader(.live)
        #expect(
            try eventually {
                try directory.processes().count { reader.stat($0)?.name == "sleep" } == 2
            })
        let frozen = try makeFreezer(set).freeze(scratch.path)
        #expect(!frozen.isShortened)
        #expect(frozen.timeout == .seconds(60))
        _ = try makeFreezer(set).thaw(scratch.path)
    }

    @Test(arguments: trees)
    func failedWriteLeavesNothingFrozen(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("exec sleep 300")
        let freezer = Freezer(
            ActingContext(
                set, files: FaultyFiles(failing: ["freezer.state", "cgroup.freeze"], code: EIO),
                thawGuard: Program.thawGuard))
        #expect(throws: ActuationError.self) { try freezer.freeze(scratch.path) }
        let directory = try scratch.directory(.freezer)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        #expect(try interface.isThawed(directory.text))
        #expect(isFree(directory, within: .seconds(30)))
    }

    /// Any user may open a cgroup directory and lock it.
    @Test(arguments: trees)
    func lockOnTheCgroupDirectoryDoesNotPreventAFreeze(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        try scratch.run("exec sleep 300")
        let tenant = try RunTenant(locking: [try scratch.directory(.freezer).fullPath])
        let freezer = makeFreezer(set)
        _ = try freezer.freeze(scratch.path)
        _ = try freezer.thaw(scratch.path)
        let killed = try Killer(ActingContext(set, thawGuard: Program.thawGuard)).kill(
            scratch.path, grace: .zero)
        #expect(killed.processes == 1)
        tenant.end()
    }

    /// Another process of the tenant's own waits for a lock of the frozen one, so as to have it
    /// thawed: that is the tenant's own affair.
    @Test(arguments: trees)
    func waiterOfTheSameUserDoesNotPreventAFreeze(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data().write(to: file)
        try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: file.path())
        defer { try? FileManager.default.removeItem(at: file) }
        try scratch.run(
            "exec setpriv --reuid 65534 --regid 65534 --clear-groups perl -e "
                + "'open F, q(<), q(\(file.path())); flock F, 2; sleep 300'")
        let waiter = try waiter(for: file.path(), user: 65534)
        let freezer = makeFreezer(set)
        _ = try freezer.freeze(scratch.path)
        _ = try freezer.thaw(scratch.path)
        waiter.end()
    }

    /// Locks on a cgroup directory are irrelevant, with any waiter.
    @Test(arguments: trees)
    func waiterForTheCgroupDirectoryDoesNotPreventAFreeze(_ tree: Tree) throws {
        let set = try #require(tree.set)
        let scratch = try PopulatedCgroup(set)
        let directory = try scratch.directory(.freezer).fullPath
        try scratch.run(
            "exec perl -e 'open F, q(<), q(\(directory)); flock F, 2; sleep 300'")
        let waiter = try waiter(for: directory, user: 65534)
        let freezer = makeFreezer(set)
        _ = try freezer.freeze(scratch.path)
        _ = try freezer.thaw(scratch.path)
        waiter.end()
    }

    /// A process that waits for the lock of a file that another has.
    private func waiter(for path: String, user: UInt32) throws -> Waiter {
        let inode = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64)
        #expect(eventually(30) { locks().contains(":\(inode) ") })
        let program = try RunProgram(
            "/usr/bin/setpriv",
            [
                "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "perl", "-e",
                "open F, q(<), q(\(path)); flock F, 2; sleep 300",
            ])
        #expect(
            eventually(30) {
                locks().split(separator: "\n").contains {
                    $0.contains("->") && $0.contains(":\(inode) ")
                }
            })
        return Waiter(program: program)
    }

    private struct Waiter {
        let program: RunProgram

        func end() {
            program.send(SIGKILL)
            _ = try? program.result()
        }
    }
}
