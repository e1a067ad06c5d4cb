internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The creator and the place of a run's cgroup.
package enum RunGround: Sendable {
    /// cgwarden creates the cgroup itself.
    case own(TransientPlace)
    /// systemd, which creates a scope.
    case scope(ScopePlace)

    /// Removes the runs of killed owners.
    func sweep(_ records: JobRecords) -> [Leftover] {
        switch self {
        case .own(let place): LeftoverSweep(place: place, records: records).sweep()
        case .scope(let place): ScopeSweep(place: place, records: records).sweep()
        }
    }

    /// Creates the cgroup, and takes over the signals before anything needs cleanup.
    func make(
        _ run: TransientRun, records: JobRecords?, _ signals: RunSignals
    ) throws -> any RunCgroup {
        switch self {
        case .own(let place):
            try signals.take()
            return try TransientCgroup.make(run.name, at: place, records: records)
        case .scope(let place):
            return try ScopeCgroup.make(run, at: place, records: records, signals)
        }
    }
}

/// The cgroup of one run.
protocol RunCgroup: Sendable {
    /// Its path.
    var path: CgroupPath { get }
    /// Its directory in each hierarchy.
    var directories: [CgroupDirectory] { get }
    /// The hierarchies it is in.
    var trees: HierarchySet { get }
    /// The access to its files.
    var files: any ControlFiles { get }
    /// Processes of cgwarden in it, which do not belong to the command.
    var ownProcesses: Set<Int32> { get }
    /// Starts the command in it; throws ``KernelIO/SpawnError`` or ``ActuationError``.
    ///
    /// A termination signal interrupts a start that takes long.
    func start(_ run: TransientRun, _ signals: RunSignals) throws -> ChildProcess
    /// Removes the cgroup.
    func remove() throws(ActuationError)
}

extension RunCgroup {
    /// The command's processes in the subtree.
    var processes: Set<Int32> {
        var found: Set<Int32> = []
        for directory in directories { found.formUnion((try? directory.processesBelow()) ?? []) }
        return found.subtracting(ownProcesses)
    }

    /// Kills the command's processes; false if one survives.
    func killAll(within time: Duration = .seconds(10)) -> Bool {
        RunEnding(directories, sparing: ownProcesses).killAll(within: time)
    }

    /// Whether a missing `io.stat` line means an unused disk; v1 counts only throttled disks.
    var countsAllIO: Bool {
        directories.contains {
            $0.hierarchy.version == .unified && (try? $0.read("io.stat")) != nil
        }
    }
}
