import Actuation
import CgroupModel
import Hierarchy
import KernelIO

/// Keeps a demo running: creates its cgroups, workloads and daemon, and removes everything at the
/// end.
///
/// It is a process of its own, so it cleans up however the process that shows the demo ends.
struct DemoStage {
    /// A fixed name, which limits a host to one demo.
    private static let name = "cgwarden-demo"
    /// The directory is on a tmpfs, as the undo journal requires.
    static let folder = "/run/\(name)"
    static let auditFile = "\(folder)/audit.jsonl"
    static let logFile = "\(folder)/daemon.log"
    private static let memoryFolder = "/dev/shm/\(name)"
    private static let diskFolder = "/var/tmp/\(name)"

    private let set: HierarchySet
    private let scene: DemoScene
    private let seconds: Int
    private let address: String

    init(_ set: HierarchySet, seconds: Int, address: String) {
        self.set = set
        self.seconds = seconds
        self.address = address
        scene = Self.scene(of: set.system)
    }

    /// Creates the scene for a host.
    static func scene(of system: SystemRoot) -> DemoScene {
        DemoScene(
            memoryFolder: memoryFolder, diskFolder: diskFolder, disk: disk(of: system),
            keeper: Caller.process)
    }

    /// Runs the demo until the time is over or the parent ends it, then removes everything.
    ///
    /// Calls `ready` once the daemon is running.
    func play(ready: () throws -> Void) throws {
        try removeLeftovers()
        defer { removeAll() }
        try make()
        let daemon = try startDaemon()
        defer { end(daemon) }
        let control = "\(Self.folder)/control"
        guard
            Deadline(after: .seconds(90)).wait(until: {
                LogFile.exists(control) || daemon.hasEnded
            }), !daemon.hasEnded
        else {
            let log = (try? ReadBuffer.contents(of: Array(Self.logFile.utf8))) ?? []
            throw CgwardenError(
                "the daemon did not start: \(String(decoding: log, as: UTF8.self))", .unavailable)
        }
        try ready()
        try keepWorking(until: Deadline(after: .seconds(seconds)))
    }

    // MARK: Work

    private func keepWorking(until end: Deadline) throws {
        var started: [CgroupPath: Deadline] = [:]
        while !end.hasPassed {
            for work in scene.works where !isAtWork(work.cgroup) {
                // A workload that has just ended rests, so that the user can see it.
                if let rest = started[work.cgroup], !rest.hasPassed { continue }
                try start(work)
                started[work.cgroup] = Deadline(after: .seconds(8))
            }
            if ParentPipe.lines(within: 500) != [] { return }
        }
    }

    private func start(_ work: DemoScene.Work) throws {
        let held = try HeldProcess.start(["/bin/sh", "-c", work.script], namespaces: [])
        _ = try Mover(set: set).move([held.pid], to: work.cgroup)
        _ = try held.release()
    }

    private func isAtWork(_ cgroup: CgroupPath) -> Bool {
        !Membership(set).union(of: cgroup).isEmpty
    }

    // MARK: The daemon

    private func startDaemon() throws -> ChildProcess {
        let files = ["policy.yaml": scene.policy, "cgwarden.yaml": "log_level: info\n"]
        for (name, text) in files {
            try StandardOutput.write(Array(text.utf8), toFile: "\(Self.folder)/\(name)")
        }
        let program = try ReadBuffer.link(Array("/proc/self/exe".utf8)).pathText
        // The number of ticks ends the daemon even if this process is gone.
        let ticks = (seconds + 20) * 2
        return try ChildProcess.start(
            [
                "/bin/sh", "-c", "exec \"$@\" >\(Self.logFile) 2>&1 </dev/null", "sh", program,
                "daemon", "--config", "\(Self.folder)/cgwarden.yaml", "--policy",
                "\(Self.folder)/policy.yaml", "--state-dir", Self.folder, "--audit",
                Self.auditFile, "--web.listen-address", address, "-n", "\(ticks)",
            ], in: nil, joining: [], namespaces: [])
    }

    private func end(_ daemon: borrowing ChildProcess) {
        daemon.signal(EndingSignal.terminate.number)
        _ = Deadline(after: .seconds(40)).wait { daemon.end() != nil }
    }

    // MARK: Setup and cleanup

    /// The demo's own journal, apart from the daemon's: the demo's cgroups outlive the daemon.
    private var journal: UndoJournal { UndoJournal(directory: "\(Self.folder)/stage") }

    private func make() throws {
        try StandardOutput.createDirectories(Self.folder)
        for folder in [Self.memoryFolder, Self.diskFolder] { try makeNew(folder) }
        // v1 creates the cgroup in every hierarchy anyway.
        let controllers: [Controller] =
            set.mode == .unified
            ? [.memory, .cpu, .io, .pids].filter(set.hierarchies[0].controllers.contains) : []
        let maker = CgroupMaker(set: set, journal: journal)
        for work in scene.works { _ = try maker.make(work.cgroup, controllers: controllers) }
    }

    /// Creates a directory, and fails if the name exists.
    ///
    /// The parent directory is writable by everyone, so an existing name could be a link that makes
    /// root write elsewhere.
    private func makeNew(_ folder: String) throws {
        do throws(IOError) {
            try OwnedDescriptor.directory(Array("/".utf8)).makeDirectory(Array(folder.utf8))
        } catch {
            throw CgwardenError(
                "there is no place for the demo's files: \(error); if no demo runs, remove what is "
                    + "there", .unavailable)
        }
    }

    private func removeAll() {
        _ = try? CgroupRemover(set: set, journal: journal).remove(
            DemoScene.root, recursive: true, killing: true)
        // Restores the controllers that were enabled for the demo.
        _ = try? Restorer(set: set, journal: journal).restore()
        let folders = [Self.folder, Self.memoryFolder, Self.diskFolder]
        let removal = try? ChildProcess.start(
            ["/bin/rm", "-rf", "--"] + folders, in: nil, joining: [], namespaces: [])
        guard let removal else { return }
        _ = Deadline(after: .seconds(10)).wait { removal.end() != nil }
    }

    /// Removes the remains of a demo whose keeper was killed.
    private func removeLeftovers() throws {
        guard LogFile.exists(Self.folder) else { return }
        removeAll()
    }

    /// The whole disk that holds `/var/tmp`; nil if it cannot be throttled.
    private static func disk(of system: SystemRoot) -> String? {
        let devices = BlockDevices(system)
        guard let number = DeviceNumber.holding("/var/tmp"), let name = devices.name(number),
            let disk = try? DiskLookup(system: system).disk(name)
        else { return nil }
        return devices.name(disk.number).map { "/dev/\($0)" }
    }
}
