import Actuation
import CgroupModel
import Enforcement
import Hierarchy
import KernelIO
import Reports

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
    private static let folders = [folder, memoryFolder, diskFolder]
    /// Locked by the keeper; not in the directory, because the keeper removes and creates that.
    private static let lockFile = "/run/\(name).lock"
    private static let busy = CgwardenError(
        "a demo is already running; wait for it to finish", .temporaryFailure)

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
            keeper: ThisProcess.id)
    }

    /// Runs the demo until the time is over or the parent ends it, then removes everything.
    ///
    /// Calls `ready` once the daemon is running. Fails and changes nothing if another demo runs.
    func play(ready: () throws -> Void) throws {
        let lock = try claim()
        defer { try? AppendedFile.remove(lock.path) }
        try removeLeftovers()
        try makeFolders()
        defer { removeAll() }
        try makeCgroups()
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
        var rest: [UInt8] = []
        while !end.hasPassed {
            for work in scene.works where !isAtWork(work.cgroup) {
                // A workload that has just ended pauses, so that the user can see its end.
                if let rest = started[work.cgroup], !rest.hasPassed { continue }
                try start(work)
                started[work.cgroup] = Deadline(after: .seconds(8))
            }
            if ParentPipe.lines(within: 500, &rest) != [] { return }
        }
    }

    private func start(_ work: DemoScene.Work) throws {
        let held = try HeldProcess.start(["/bin/sh", "-c", work.script], namespaces: [])
        _ = try Mover(ActingContext(set)).move([held.pid], to: work.cgroup)
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

    private func claim() throws -> AppendedFile {
        do throws(IOError) {
            return try AppendedFile(Self.lockFile)
        } catch {
            if error.isTryAgain { throw Self.busy }
            throw error
        }
    }

    /// The demo's own journal, apart from the daemon's: the demo's cgroups outlive the daemon.
    private var journal: UndoJournal { UndoJournal(directory: "\(Self.folder)/stage") }

    private var context: ActingContext { ActingContext(set, journal: journal) }

    private func makeCgroups() throws {
        // v1 creates the cgroup in every hierarchy anyway.
        let controllers: [Controller] =
            set.mode == .v2
            ? [.memory, .cpu, .io, .pids].filter(set.hierarchies[0].controllers.contains) : []
        let maker = CgroupMaker(context)
        for work in scene.works { _ = try maker.make(work.cgroup, controllers: controllers) }
    }

    /// Creates the directories, all or none; fails if a name exists and leaves that one alone.
    ///
    /// Two parent directories are writable by everyone, so an existing name could be a link that
    /// makes root write elsewhere.
    private func makeFolders() throws {
        var made: [String] = []
        do throws(IOError) {
            for folder in Self.folders {
                try OwnedDescriptor.directory(Array("/".utf8)).makeDirectory(Array(folder.utf8))
                made.append(folder)
            }
        } catch {
            remove(made)
            throw CgwardenError(
                "cannot create the demo's files: \(error); remove the existing ones",
                .unavailable)
        }
    }

    private func removeAll() {
        _ = try? CgroupRemover(context).remove(
            DemoScene.root, recursive: true, killing: true)
        // Restores the controllers that were enabled for the demo.
        _ = try? Restorer(set: set, journal: journal).restore()
        remove(Self.folders)
    }

    private func remove(_ folders: [String]) {
        let removal = try? ChildProcess.start(
            ["/bin/rm", "-rf", "--"] + folders, in: nil, joining: [], namespaces: [])
        guard let removal else { return }
        _ = Deadline(after: .seconds(10)).wait { removal.end() != nil }
    }

    /// Removes the remains of a demo whose keeper was killed.
    ///
    /// Its daemon or guardian may still run for a while; then nothing is removed.
    private func removeLeftovers() throws {
        guard LogFile.exists(Self.folder) else { return }
        if StateClaim.isHeld(Self.folder) { throw Self.busy }
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
