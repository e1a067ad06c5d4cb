import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// Whether this process may make cgroups here.
enum Kernel {
    static let set = try? HierarchySet.discover()

    /// The v1 trees alone, so that a hybrid machine behaves as a legacy one.
    static let legacy: HierarchySet? = set.flatMap { set in
        let trees = set.hierarchies.filter { $0.version == .legacy }
        return trees.isEmpty ? nil : set.only(trees)
    }

    /// The v2 tree alone.
    static let unified: HierarchySet? = set.flatMap { set in
        set.unified.map { set.only([set.hierarchies[$0]]) }
    }

    static let isRoot = geteuid() == 0
    static let hasFreezer = isRoot && legacy?.legacy(.freezer) != nil
    static let hasCpuset = isRoot && set?.legacy(.cpuset) != nil
    static let hasUnified = isRoot && unified != nil
    static let hasUnifiedMemory =
        hasUnified && unified?.hierarchies[0].controllers.contains(.memory) == true
    /// Destructive tests run only in a guest.
    static let isGuest =
        isRoot && ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"] != nil
}

/// A cgroup of the test's own with its processes, both gone at the end.
final class PopulatedCgroup {
    let set: HierarchySet
    let path: CgroupPath
    private var processes: [Process] = []

    /// Makes the cgroup in trees with these controllers, all if none is named.
    init(_ set: HierarchySet, controllers: [Controller] = []) throws {
        self.set = set
        path = CgroupPath("/cgwarden-test-\(UUID().uuidString)")
        _ = try CgroupMaker(ActingContext(set)).make(path, controllers: controllers)
    }

    deinit {
        let tops = set.hierarchies.compactMap { try? CgroupDirectory(path, in: $0) }
        // A frozen process of v1 dies in no tree before it is thawed in that of the freezer.
        for directory in tops.flatMap({ (try? $0.subtree()) ?? [] }) {
            try? directory.write("THAWED", to: "freezer.state")
            try? directory.write("0", to: "cgroup.freeze")
        }
        for top in tops {
            _ = Deadline(after: .seconds(60)).wait {
                for pid in (try? top.processesBelow()) ?? [] where pid > 1 { kill(pid, SIGKILL) }
                return (try? top.processesBelow())?.isEmpty ?? true
            }
            for directory in ((try? top.subtree()) ?? []).reversed() {
                _ = Deadline(after: .seconds(60)).wait { (try? directory.remove()) != nil }
            }
        }
        for process in processes {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    func directory(_ controller: Controller) throws -> CgroupDirectory {
        let index = try #require(set.legacy(controller) ?? set.unified)
        return try CgroupDirectory(path, in: set.hierarchies[index])
    }

    /// A cgroup below this one.
    func child(_ name: String, controllers: [Controller] = []) throws -> CgroupPath {
        let child = path.child(Array(name.utf8))
        _ = try CgroupMaker(ActingContext(set)).make(child, controllers: controllers)
        return child
    }

    /// Starts a shell script and moves it into the cgroup before it does anything.
    @discardableResult
    func run(_ script: String, in place: CgroupPath? = nil) throws -> Int32 {
        let process = Process()
        // A thread of the test runner may have blocked signals, which a child inherits.
        process.executableURL = URL(filePath: "/usr/bin/perl")
        process.arguments = [
            "-MPOSIX", "-e", "sigprocmask(SIG_SETMASK, POSIX::SigSet->new); exec @ARGV",
            "/bin/sh", "-c", "read go; \(script)",
        ]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        processes.append(process)
        let pid = process.processIdentifier
        do {
            _ = try Mover(ActingContext(set)).move([pid], to: place ?? path)
        } catch {
            kill(pid, SIGKILL)
            throw error
        }
        try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
        return pid
    }
}

/// Waits for what the kernel or another process is to do.
func eventually(_ seconds: Int = 120, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try condition() { return true }
        usleep(2000)
    }
    return try condition()
}

/// The state of a process, nil if it is gone.
func processState(_ pid: Int32) -> Character? { ProcessReader(.live).stat(pid)?.state }

extension CgroupDirectory {
    /// Its path in the file system.
    var fullPath: String { hierarchy.directory.pathText + path.description }
}
