internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Who makes the cgroup of a run, and where.
public enum RunGround: Sendable {
    /// cgwarden itself.
    case own(TransientPlace)
    /// systemd, as a scope.
    case scope(ScopePlace)

    /// Removes what killed owners left behind.
    func sweep(_ records: JobRecords) -> [Leftover] {
        switch self {
        case .own(let place): LeftoverSweep(place: place, records: records).sweep()
        case .scope(let place): ScopeSweep(place: place, records: records).sweep()
        }
    }

    /// Makes the cgroup; takes the signals over before there is anything to take back.
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
    /// Where it stands.
    var path: CgroupPath { get }
    /// It in each tree.
    var directories: [CgroupDirectory] { get }
    /// The trees in which it stands.
    var trees: HierarchySet { get }
    /// How its files are written.
    var files: any ControlFiles { get }
    /// Processes in it that are not of the command.
    var strangers: Set<Int32> { get }
    /// Starts the command inside; throws ``KernelIO/SpawnError`` or ``ActuationError``.
    ///
    /// A signal that asks to end is heard also while the command does not come to run.
    func start(_ run: TransientRun, _ signals: RunSignals) throws -> ChildProcess
    /// Removes it.
    func remove() throws(ActuationError)
}

extension RunCgroup {
    /// The command's processes that are left in it and below.
    var processes: Set<Int32> {
        var found: Set<Int32> = []
        for directory in directories { found.formUnion((try? directory.processesBelow()) ?? []) }
        return found.subtracting(strangers)
    }

    /// Ends what is left of the command; false if something survived.
    func killAll(within time: Duration = .seconds(10)) -> Bool {
        RunEnding(directories, sparing: strangers).killAll(within: time)
    }

    /// Whether no line for a disk means that it was not used: v1 counts only under a throttle.
    var countsAllIO: Bool {
        directories.contains {
            $0.hierarchy.version == .unified && (try? $0.read("io.stat")) != nil
        }
    }
}
