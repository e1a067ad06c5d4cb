package import Causes
package import CgroupModel

/// The source of the live view's snapshots: a sampler with its ring, or a recording.
package protocol SnapshotSource: AnyObject {
    /// Returns the newest snapshot; nil before the first.
    ///
    /// The view calls this ten times a second, also while paused.
    func latest() -> Snapshot?
    /// Returns a snapshot `back` frames before the newest; nil beyond the ends of the ring.
    ///
    /// In a recording, -1 returns the frame after the newest.
    func snapshot(back: Int) -> Snapshot?
    /// The number of snapshots in the ring.
    var frameCount: Int { get }
    /// Changes the interval between samples, in seconds.
    func setInterval(_ seconds: Double)
    /// Called when the view pauses at a snapshot or resumes.
    func setPaused(_ isPaused: Bool)
    /// Takes a sample immediately.
    func sampleNow()
    /// Returns the unit, container and pod of a cgroup; nil if only its path is known.
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity?
    /// The files that the snapshots come from.
    var files: SourceFiles { get }
    /// Returns the current processes of a cgroup, in any order.
    ///
    /// Returns nil while they are being listed, so that no screen waits; call again soon.
    func processes(of cgroup: CgroupEntry) -> [ProcessRow]?
    /// Returns the newest events as lines that are safe to print, the newest first.
    ///
    /// Returns nil while they are not collected yet; call again soon.
    func events() -> [String]?
    /// Returns the times of a cgroup's newest events in microseconds since 1970, in any order.
    func eventTimes(of path: CgroupPath) -> [UInt64]
    /// Returns one value of a cgroup in up to `count` snapshots that end at `back`, oldest first.
    ///
    /// `value` receives the position of the cgroup in each snapshot. An element is nil where the
    /// cgroup or the value does not exist.
    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?]
    /// Saves the layout for the next start; returns the file's path.
    func saveLayout(_ layout: Layout) throws -> String
    /// The times of the first and the last snapshot of a replay, in microseconds since 1970; nil
    /// for a live source.
    var timeline: ClosedRange<UInt64>? { get }
    /// Goes to a time of a replay that the user typed; the snapshot there is then the newest one.
    func go(to text: String) -> Travel
    /// The times of the known events of a replay, ascending, in microseconds since 1970.
    var eventMarks: [UInt64] { get }
    /// Goes from a snapshot of a replay to the one with the next event, or with the previous one.
    func goToEvent(_ direction: TimeDirection, from shown: Snapshot) -> Travel
    /// Switches to the next summary of each thinned period: last sample, peaks or means.
    func turnSummary(at shown: Snapshot) -> Travel
}

/// A direction in time.
package enum TimeDirection: Hashable, Sendable { case next, previous }

/// The result of going to another time.
package enum Travel {
    /// The snapshot there, with a line about it; nil for none.
    case arrived(Snapshot, note: String? = nil)
    /// The reason, on one line.
    case refused(String)
}

extension SnapshotSource {
    /// Returns nil, as a recording does.
    package func identity(of cgroup: CgroupEntry) -> CgroupIdentity? { nil }

    /// The v2 files, whose names are canonical, because a recording does not contain file names.
    package var files: SourceFiles { SourceFiles() }

    /// Returns nil, as a live source does.
    package var timeline: ClosedRange<UInt64>? { nil }

    /// Refuses, as a live source does.
    package func go(to text: String) -> Travel {
        .refused("only a replay can go to another time; see `cgwarden top --at`")
    }

    /// Returns no times, as a live source does.
    package var eventMarks: [UInt64] { [] }

    /// Refuses, as a live source does.
    package func goToEvent(_ direction: TimeDirection, from shown: Snapshot) -> Travel {
        .refused("only a replay goes to events; e lists them")
    }

    /// Refuses, as a live source does.
    package func turnSummary(at shown: Snapshot) -> Travel {
        .refused("every sample is shown; only the history is thinned")
    }

    /// Returns no events, because a recording has none.
    package func events() -> [String]? { [] }

    /// Returns none, because a recording has no events.
    package func eventTimes(of path: CgroupPath) -> [UInt64] { [] }
}

/// A process in the process view.
package struct ProcessRow: Hashable, Sendable {
    /// The process ID.
    package var pid: Int32
    /// The parent's process ID.
    package var parent: Int32
    /// The user's name, or the user ID if it has none.
    package var user: String
    /// Percent of one CPU; nil if the process was seen only once.
    package var cpuPercent: Double?
    /// Resident memory in bytes; nil if it could not be read.
    package var memoryBytes: UInt64?
    /// The command line, or the process name in brackets.
    package var command: String

    /// Creates a row with memory in bytes and CPU in percent of one CPU.
    package init(
        pid: Int32, parent: Int32 = 0, user: String, cpuPercent: Double?, memoryBytes: UInt64?,
        command: String
    ) {
        self.pid = pid
        self.parent = parent
        self.user = user
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.command = command
    }
}
