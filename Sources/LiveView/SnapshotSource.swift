public import CgroupModel

/// Where the live view has its snapshots from: a sampler with its ring, or a recording.
public protocol SnapshotSource: AnyObject {
    /// The newest snapshot, nil before the first; asked ten times a second, also while paused.
    func latest() -> Snapshot?
    /// An earlier snapshot of the ring, 0 for the newest; nil beyond the oldest.
    ///
    /// A recording also has what comes after the newest, -1.
    func snapshot(back: Int) -> Snapshot?
    /// How many snapshots the ring holds.
    var frameCount: Int { get }
    /// Changes the time between two samples.
    func setInterval(_ seconds: Double)
    /// Tells that the view stays at one snapshot, or goes on.
    func setPaused(_ isPaused: Bool)
    /// Takes a sample at once.
    func sampleNow()
    /// What people know a cgroup as in place of its name (`web (docker)`); nil if there is nothing
    /// better.
    func title(of cgroup: CgroupEntry) -> String?
    /// The processes of a cgroup now, in any order; nil while they are being listed, which no screen
    /// waits for: ask again soon.
    func processes(of cgroup: CgroupEntry) -> [ProcessRow]?
    /// One value of one cgroup in up to `count` snapshots that end at `back`, oldest first.
    ///
    /// `value` is asked for the position of the cgroup in each snapshot; nil where the cgroup or
    /// the value does not exist.
    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?]
    /// Keeps the layout for the next start; gives the file's path.
    func saveLayout(_ layout: Layout) throws -> String
}

extension SnapshotSource {
    /// Nothing better, as of a recording.
    public func title(of cgroup: CgroupEntry) -> String? { nil }
}

/// A process as the zoomed view lists it.
public struct ProcessRow: Hashable, Sendable {
    /// The process.
    public var pid: Int32
    /// The user's name, or the number where there is none.
    public var user: String
    /// Percent of one CPU; nil when it was seen only once.
    public var cpuPercent: Double?
    /// Resident memory; nil where it may not be read.
    public var memoryBytes: UInt64?
    /// The command line, or the name in brackets.
    public var command: String

    /// Joins the parts.
    public init(
        pid: Int32, user: String, cpuPercent: Double?, memoryBytes: UInt64?, command: String
    ) {
        self.pid = pid
        self.user = user
        self.cpuPercent = cpuPercent
        self.memoryBytes = memoryBytes
        self.command = command
    }
}
