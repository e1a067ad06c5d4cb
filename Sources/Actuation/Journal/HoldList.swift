package import CgroupModel
package import KernelIO

/// A cgroup that rules must not change until a given time.
package struct Hold: Hashable, Sendable {
    /// The cgroup; its descendants are held as well.
    package let path: CgroupPath
    /// The end in microseconds since boot (CLOCK_BOOTTIME), so that changes of the wall clock do
    /// not affect it.
    package let end: UInt64

    /// The current time on the clock of ``end``.
    package static var now: UInt64 { MonotonicClock.bootNanoseconds / 1000 }
}

/// The cgroups that a person has taken over from the rules.
///
/// They are kept in a file beside the journal, one per line, and expire on their own.
package struct HoldList: Sendable {
    private let directory: String
    private let bootID: String

    /// Uses the file `DIRECTORY/holds`.
    package init(directory: String) { self.init(directory: directory, bootID: BootID.current) }

    init(directory: String, bootID: String) {
        self.directory = directory
        self.bootID = bootID
    }

    private var path: String { "\(directory)/holds" }

    /// Returns the holds that have not expired.
    package func holds(now: UInt64 = Hold.now) throws(IOError) -> [Hold] {
        guard LogFile.exists(path) else { return [] }
        let bytes = try ReadBuffer.contents(of: Array(path.utf8))
        var ends: [CgroupPath: UInt64] = [:]
        for line in bytes.lines {
            // The clock restarts at each boot.
            guard let line = RecordLine(line), line["boot"] == bootID,
                let path = line.bytes("path"), let end = line.number("until")
            else { continue }
            ends[CgroupPath(normalising: path)] = end
        }
        return ends.filter { $0.value > now }.map { Hold(path: $0.key, end: $0.value) }
            .sorted { $0.path < $1.path }
    }

    /// Returns the longest hold that covers a cgroup; nil if rules may change it.
    package func hold(of path: CgroupPath) throws(IOError) -> Hold? {
        try holds().filter { path.isWithin($0.path) }.max { $0.end < $1.end }
    }

    /// Returns why rules must leave a cgroup alone; nil if they may change it.
    ///
    /// A list that cannot be read holds every cgroup.
    package func obstacle(on path: CgroupPath) -> String? {
        do throws(IOError) {
            return try hold(of: path).map { "held by an operator (\($0.path))" }
        } catch {
            return "the list of holds cannot be read: \(error)"
        }
    }

    /// Adds a hold; one whose end has passed releases the cgroup.
    package func set(_ hold: Hold) throws(IOError) {
        try StandardOutput.createDirectories(directory)
        let log = try LogFile(path)
        // Empties the file without active holds, and removes a partial line that a crash left.
        let whole = (try log.contents().lastIndex(of: UInt8(ascii: "\n"))).map { $0 + 1 } ?? 0
        try log.truncate(to: try holds().isEmpty ? 0 : whole)
        let line = RecordLine(
            "hold", ["boot": bootID, "until": "\(hold.end)"], path: hold.path.bytes)
        try log.append(line.bytes)
    }

    /// Holds a cgroup for a duration from now.
    package func hold(_ path: CgroupPath, for duration: Duration) throws(IOError) -> Hold {
        let hold = Hold(path: path, end: Hold.now + duration.nanoseconds / 1000)
        try set(hold)
        return hold
    }

    /// Releases the hold of a cgroup; returns whether there was one.
    package func release(_ path: CgroupPath) throws(IOError) -> Bool {
        guard try holds().contains(where: { $0.path == path }) else { return false }
        try set(Hold(path: path, end: 0))
        return true
    }
}
