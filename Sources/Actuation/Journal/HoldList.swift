public import CgroupModel
public import KernelIO

/// A cgroup that rules leave alone until some time.
public struct Hold: Hashable, Sendable {
    /// The cgroup, with all below it.
    public let path: CgroupPath
    /// When it ends, in microseconds since 1970.
    public let end: UInt64
}

/// The cgroups that a person has taken over from the rules.
///
/// They stand in a file beside the journal, one line each, and end by themselves.
public struct HoldList: Sendable {
    private let directory: String

    /// Uses `DIRECTORY/holds`.
    public init(directory: String) { self.directory = directory }

    private var path: String { "\(directory)/holds" }

    /// The holds that have not ended.
    public func holds(now: UInt64 = MonotonicClock.wallMicroseconds) throws(IOError) -> [Hold] {
        guard LogFile.exists(path) else { return [] }
        let bytes = try ReadBuffer.contents(of: Array(path.utf8))
        var ends: [CgroupPath: UInt64] = [:]
        for line in bytes.split(separator: 0x0a) {
            guard let line = RecordLine(line), let path = line.bytes("path"),
                let end = line.number("until")
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
        try log.append(RecordLine("hold", ["until": "\(hold.end)"], path: hold.path.bytes).bytes)
    }

    /// Keeps rules away from a cgroup for a time from now.
    public func hold(_ path: CgroupPath, for duration: Duration) throws(IOError) -> Hold {
        let micros = UInt64(clamping: duration.components.seconds) * 1_000_000
        let hold = Hold(path: path, end: MonotonicClock.wallMicroseconds + micros)
        try set(hold)
        return hold
    }

    /// Lets rules change a cgroup again.
    public func release(_ path: CgroupPath) throws(IOError) { try set(Hold(path: path, end: 0)) }
}
