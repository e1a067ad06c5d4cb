public import CgroupModel
public import KernelIO

/// A cgroup that rules leave alone until some time.
public struct Hold: Hashable, Sendable {
    /// The cgroup, with all below it.
    public let path: CgroupPath
    /// When it ends, in microseconds since the machine started (CLOCK_BOOTTIME), so that setting
    /// the wall clock neither ends nor lengthens it.
    public let end: UInt64

    /// Ends at a time.
    public init(path: CgroupPath, end: UInt64) {
        self.path = path
        self.end = end
    }

    /// The clock of ``end``.
    public static var now: UInt64 { MonotonicClock.bootNanoseconds / 1000 }
}

/// The cgroups that a person has taken over from the rules.
///
/// They stand in a file beside the journal, one line each, and end by themselves.
public struct HoldList: Sendable {
    private let directory: String
    private let bootID: String

    /// Uses `DIRECTORY/holds`.
    public init(directory: String) { self.init(directory: directory, bootID: BootID.current) }

    init(directory: String, bootID: String) {
        self.directory = directory
        self.bootID = bootID
    }

    private var path: String { "\(directory)/holds" }

    /// The holds that have not ended.
    public func holds(now: UInt64 = Hold.now) throws(IOError) -> [Hold] {
        guard LogFile.exists(path) else { return [] }
        let bytes = try ReadBuffer.contents(of: Array(path.utf8))
        var ends: [CgroupPath: UInt64] = [:]
        for line in bytes.split(separator: 0x0a) {
            // The clock begins anew with each boot.
            guard let line = RecordLine(line), line["boot"] == bootID,
                let path = line.bytes("path"), let end = line.number("until")
            else { continue }
            ends[CgroupPath(normalising: path)] = end
        }
        return ends.filter { $0.value > now }.map { Hold(path: $0.key, end: $0.value) }
            .sorted { $0.path < $1.path }
    }

    /// The hold that covers a cgroup, nil if rules may change it.
    public func hold(of path: CgroupPath) throws(IOError) -> Hold? {
        try holds().filter { path.isWithin($0.path) }.max { $0.end < $1.end }
    }

    /// Keeps rules away from a cgroup until a time; a time that has passed lets go of it.
    public func set(_ hold: Hold) throws(IOError) {
        try StandardOutput.createDirectories(directory)
        let log = try LogFile(path)
        // It need not grow for ever, and what a crash left of a line must not spoil the next one.
        let whole = (try log.contents().lastIndex(of: 0x0a)).map { $0 + 1 } ?? 0
        try log.truncate(to: try holds().isEmpty ? 0 : whole)
        let line = RecordLine(
            "hold", ["boot": bootID, "until": "\(hold.end)"], path: hold.path.bytes)
        try log.append(line.bytes)
    }

    /// Keeps rules away from a cgroup for a time from now.
    public func hold(_ path: CgroupPath, for duration: Duration) throws(IOError) -> Hold {
        let micros = UInt64(clamping: Int64(duration / .microseconds(1)))
        let hold = Hold(path: path, end: Hold.now + micros)
        try set(hold)
        return hold
    }

    /// Lets rules change a cgroup again.
    public func release(_ path: CgroupPath) throws(IOError) { try set(Hold(path: path, end: 0)) }
}
