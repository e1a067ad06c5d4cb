internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// The cgroup of one run as a systemd scope, recorded under its owner.
///
/// The scope is delegated, so that values without a systemd property may be written to its files.
final class ScopeCgroup: RunCgroup {
    let path: CgroupPath
    let directories: [CgroupDirectory]
    let trees: HierarchySet
    let files: any ControlFiles
    let ownProcesses: Set<Int32>
    private let place: ScopePlace
    private let unit: SystemdUnit
    /// The directories in v1 hierarchies that systemd does not manage.
    private let made: [CgroupDirectory]
    private let record: JobRecord?
    private let holder: Mutex<ScopeHolder?>
    private let command: Mutex<HeldProcess?>

    /// Creates the scope around the command, which waits in it for its start.
    ///
    /// systemd moves the processes, because a user's systemd may do so where the user may not.
    static func make(
        _ run: TransientRun, at place: ScopePlace, records: JobRecords?, _ signals: RunSignals
    ) throws -> ScopeCgroup {
        let record = try records?.begin(.unit(ScopePlace.unitName(run.name)))
        var made: [CgroupDirectory] = []
        do {
            let holder = try ScopeHolder.start()
            let command = try HeldProcess.start(
                run.command, namespaces: run.namespaces, passing: run.passed)
            let scope = try Self.scope(of: run, holding: [holder.pid, command.pid], at: place)
            // Until here, everything ends with this process.
            try signals.take()
            let directories = try Self.directories(
                scope, at: place, joinedBy: command.pid, made: &made)
            try record?.add(directories)
            return ScopeCgroup(scope.unit, directories, made, at: place, record, holder, command)
        } catch {
            try? RunEnding(made.reversed()).remove()
            record?.remove()
            throw error
        }
    }

    private static func scope(
        of run: TransientRun, holding members: [Int32], at place: ScopePlace
    ) throws(ActuationError) -> SystemdScope {
        let name = ScopePlace.unitName(run.name)
        let words = run.command.joined(separator: " ").map { $0.isNewline ? " " : $0 }
        do throws(ActuationError) {
            return try SystemdScope.start(
                name, holding: members.map { UInt32($0) },
                describedAs: "cgwarden run: \(String(words.prefix(100)))", below: place.slice,
                with: [SystemdAssignment("Delegate", .bool(true))], by: place.systemd)
        } catch {
            guard error.code == .busy, let known = try? place.systemd.unit(named: name),
                !known.cgroup.isEmpty
            else { throw error }
            throw ActuationError(
                .busy, "the run \(name) is still active; choose another --name")
        }
    }

    private init(
        _ unit: SystemdUnit, _ directories: [CgroupDirectory], _ made: [CgroupDirectory],
        at place: ScopePlace, _ record: JobRecord?, _ holder: consuming ScopeHolder,
        _ command: consuming HeldProcess
    ) {
        path = directories[0].path
        self.directories = directories
        self.made = made
        self.place = place
        self.unit = unit
        self.record = record
        trees = place.set.only(directories.map(\.hierarchy))
        let probe = OwnershipProbe(system: place.set.system, connections: place.connections)
        for directory in directories {
            let isOurs = made.contains { $0 === directory }
            probe.note(isOurs ? .ours : .systemd(unit), of: directory)
        }
        files = OwnerAwareFiles(set: trees, connections: place.connections, probe: probe)
        ownProcesses = [holder.pid]
        self.holder = Mutex(holder)
        self.command = Mutex(command)
    }

    /// The scope's directories in all hierarchies that the run needs.
    ///
    /// systemd does not manage some v1 hierarchies, so cgwarden creates the directories there.
    private static func directories(
        _ scope: SystemdScope, at place: ScopePlace, joinedBy process: Int32,
        made: inout [CgroupDirectory]
    ) throws(ActuationError) -> [CgroupDirectory] {
        let known = place.set.directories(ofScope: scope.cgroup)
        guard let path = known.first?.path else {
            throw ActuationError(
                .unavailable, "the scope \(scope.cgroup) is not visible here")
        }
        let trees = try place.trees(at: path)
        do throws(ActuationError) {
            try ControllerPath(place: trees).refuseFrozen()
        } catch {
            // Frozen processes do not exit by themselves.
            _ = RunEnding(known).killAll(within: .seconds(2))
            throw error
        }
        var result: [CgroupDirectory] = []
        for hierarchy in trees.hierarchies {
            if let directory = known.first(where: { $0.hierarchy == hierarchy }) {
                try check(place.limited, directory)
                result.append(directory)
                continue
            }
            let directory = try ControllerPath.retrying { () throws(ActuationError) in
                try ControllerPath(place: trees).make(in: hierarchy, made: &made)
            }
            try KernelControlFiles().put("\(process)", to: "cgroup.procs", of: directory)
            result.append(directory)
        }
        return result
    }

    /// Throws if a required controller was not delegated to systemd itself.
    private static func check(
        _ limited: [Controller], _ directory: CgroupDirectory
    ) throws(ActuationError) {
        guard directory.hierarchy.version == .unified else { return }
        let text = (try? directory.text("cgroup.controllers")) ?? ""
        let given = text.split(separator: " ")
        let missing = limited.first {
            directory.hierarchy.controllers.contains($0) && !given.contains($0.rawValue[...])
        }
        guard let missing else { return }
        throw ActuationError(
            .unavailable,
            "the controller \(missing.rawValue) is not available in \(directory.path): it is not "
                + "delegated to systemd; `systemctl edit user@.service` with Delegate=yes "
                + "delegates all, or run as root")
    }

    func start(_ run: TransientRun, _ signals: RunSignals) throws -> ChildProcess {
        guard let held = command.withLock({ $0.take() }) else {
            preconditionFailure("a run starts only once")
        }
        return try held.release(unless: signals.descriptor) { signals.ending != nil }
    }

    func remove() throws(ActuationError) {
        _ = command.withLock { $0.take() }
        _ = holder.withLock { $0.take() }
        let isGone = place.systemd.remove(unit.name, directories)
        for directory in made.reversed() { try? directory.remove() }
        guard isGone else {
            throw ActuationError(
                .failed,
                "\(unit) does not stop; see `systemctl status \(ShellWord.quoted(unit.name))`")
        }
        record?.remove()
    }
}
