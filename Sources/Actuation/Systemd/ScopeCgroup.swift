internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// The cgroup of one run as a scope of systemd's, delegated so that what has no property may be
/// written to its files; locked as long as its owner lives.
final class ScopeCgroup: RunCgroup {
    let path: CgroupPath
    let directories: [CgroupDirectory]
    let trees: HierarchySet
    let files: any ControlFiles
    let strangers: Set<Int32>
    private let place: ScopePlace
    private let unit: SystemdUnit
    /// What systemd does not make, in v1 trees that it leaves alone.
    private let made: [CgroupDirectory]
    private let turn: CgroupDirectory
    private let holder: Mutex<ScopeHolder?>
    private let command: Mutex<HeldProcess?>

    /// Makes the scope around the command, which waits for its start in there: the user's systemd
    /// moves processes that the user could not move.
    static func make(
        _ run: TransientRun, at place: ScopePlace, leftovers: (Leftover) -> Void
    ) throws -> ScopeCgroup {
        let turn = try Self.turn(place)
        let holder = try ScopeHolder.start(near: turn)
        let command = try HeldProcess.start(run.command, namespaces: run.namespaces)
        let words = run.command.joined(separator: " ").map { $0.isNewline ? " " : $0 }
        let members = [UInt32(holder.pid), UInt32(command.pid)]
        var made: [CgroupDirectory] = []
        do throws(ActuationError) {
            let (scope, directories) = try TurnTaking.exclusively(on: turn) {
                () throws(ActuationError) in
                for leftover in ScopeSweep(place: place).sweep() { leftovers(leftover) }
                let scope = try SystemdScope.start(
                    ScopePlace.unitName(run.name), holding: members,
                    describedAs: "cgwarden run: \(String(words.prefix(100)))", below: place.slice,
                    with: [SystemdAssignment("Delegate", .bool(true))], by: place.systemd)
                let directories = try Self.directories(
                    scope, at: place, joinedBy: command.pid, made: &made)
                for directory in directories { _ = directory.descriptor.tryLock() }
                return (scope, directories)
            }
            return ScopeCgroup(
                scope.unit, directories, made, at: place, turn, holder, command)
        } catch {
            for directory in made.reversed() { try? directory.remove() }
            guard error.code == .busy else { throw error }
            throw ActuationError(
                .busy,
                "the run \(ScopePlace.unitName(run.name)) is still going on; "
                    + "choose another --name")
        }
    }

    private init(
        _ unit: SystemdUnit, _ directories: [CgroupDirectory], _ made: [CgroupDirectory],
        at place: ScopePlace, _ turn: CgroupDirectory, _ holder: consuming ScopeHolder,
        _ command: consuming HeldProcess
    ) {
        path = directories[0].path
        self.directories = directories
        self.made = made
        self.place = place
        self.unit = unit
        self.turn = turn
        trees = place.set.only(directories.map(\.hierarchy))
        let probe = OwnershipProbe(system: place.set.system, connections: place.connections)
        for directory in directories {
            let isOurs = made.contains { $0 === directory }
            probe.note(isOurs ? .ours : .systemd(unit), of: directory)
        }
        files = OwnerAwareFiles(set: trees, connections: place.connections, probe: probe)
        strangers = [holder.pid]
        self.holder = Mutex(holder)
        self.command = Mutex(command)
    }

    /// Where starting and sweeping take turns: the cgroup that holds all of this systemd's.
    private static func turn(_ place: ScopePlace) throws(ActuationError) -> CgroupDirectory {
        let top = try asking("make a scope") { () throws(BusError) in
            try place.systemd.cgroup()
        }
        let found = try place.trees(at: .root).hierarchies.lazy.compactMap { hierarchy in
            hierarchy.visiblePath(Array(top.utf8)).flatMap {
                try? CgroupDirectory($0, in: hierarchy)
            }
        }.first
        guard let found else {
            throw ActuationError(
                .unavailable, "the cgroups of systemd, below \(top), are not to be seen from here")
        }
        return found
    }

    /// The scope in all trees that the run needs; systemd leaves some of v1 alone.
    private static func directories(
        _ scope: SystemdScope, at place: ScopePlace, joinedBy process: Int32,
        made: inout [CgroupDirectory]
    ) throws(ActuationError) -> [CgroupDirectory] {
        let known = place.set.directories(ofScope: scope.cgroup)
        guard let path = known.first?.path else {
            throw ActuationError(
                .unavailable, "the scope \(scope.cgroup) is not to be seen from here")
        }
        let trees = try place.trees(at: path)
        var result: [CgroupDirectory] = []
        for hierarchy in trees.hierarchies {
            if let directory = known.first(where: { $0.hierarchy == hierarchy }) {
                try check(place.limited, directory)
                result.append(directory)
                continue
            }
            let directory = try ControllerPath(place: trees).make(in: hierarchy, made: &made)
            do throws(IOError) {
                try directory.write("\(process)", to: "cgroup.procs")
            } catch {
                throw ActuationError(error, on: directory)
            }
            result.append(directory)
        }
        return result
    }

    /// A systemd has only the controllers that it was given itself.
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
            "the controller \(missing.rawValue) does not reach \(directory.path): systemd was not "
                + "given it; `systemctl edit user@.service` with Delegate=yes gives it all, "
                + "or run as root")
    }

    func start(_ run: TransientRun) throws -> ChildProcess {
        guard let held = command.withLock({ $0.take() }) else {
            preconditionFailure("a run is started once")
        }
        return try held.release()
    }

    func remove() throws(ActuationError) {
        _ = command.withLock { $0.take() }
        _ = holder.withLock { $0.take() }
        let isGone = place.systemd.remove(unit.name, directories)
        try TurnTaking.exclusively(on: turn) { () throws(ActuationError) in
            for directory in made.reversed() { try? directory.remove() }
        }
        guard isGone else {
            throw ActuationError(
                .failed, "\(unit) does not end; `systemctl status \(unit.name)` may say why")
        }
    }
}
