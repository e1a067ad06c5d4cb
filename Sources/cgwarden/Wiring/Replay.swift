import CgroupModel
import Events
import Hierarchy
import History
import KernelIO
import Reports
import Service

/// A recording played from some time to its end, as if the recorded host were being sampled.
struct Replay {
    let recording: Recording
    let path: String
    let events: ReplayEvents?
    /// The cgroups to include.
    var scope: SampleScope
    private var cursor: RecordingCursor

    /// Starts at `time`, or at the first snapshot.
    init(_ path: String, at time: WrittenTime?, _ scope: SampleScope) throws {
        let recording = try RecordingFiles.open(path)
        self.recording = recording
        events = ReplayEvents { found in
            var cursor = RecordingCursor(recording)
            var events = RecordedEvents()
            while let snapshot = try cursor.next() { found(events.take(snapshot)) }
        }
        self.path = path
        self.scope = scope
        cursor = RecordingCursor(recording)
        guard let time else { return }
        cursor.position = recording.number(at: try instant(time))
    }

    /// Returns the latest instant that a time can mean; throws if the recording ends before it or
    /// begins after it.
    func instant(_ time: WrittenTime) throws -> UInt64 {
        let first = recording.wallTime(0)
        let last = recording.wallTime(recording.count - 1)
        guard try time.instant(before: last) <= last else {
            throw CgwardenError(
                "\(path) ends at \(CivilTime(local: last).text); \(time.text.onOneLine) is after "
                    + "that", .noInput)
        }
        return try time.latestInstant(in: path, from: first, before: last)
    }

    /// The number of the next snapshot.
    var position: Int {
        get { cursor.position }
        set { cursor.position = newValue }
    }

    /// Whether the next or the last snapshot contains a cgroup.
    func has(_ path: CgroupPath) throws -> Bool {
        var probe = cursor
        for position in [cursor.position, recording.count - 1] {
            probe.position = position
            if try probe.next()?.cgroups.contains(where: { $0.path == path }) ?? false {
                return true
            }
        }
        return false
    }

    /// Throws if neither the next nor the last snapshot contains the cgroup.
    func require(_ path: CgroupPath) throws {
        guard try !has(path) else { return }
        var probe = cursor
        let known = try probe.next()?.cgroups.map(\.path) ?? []
        let similar = CgroupLookup.similar(to: path.description, path, among: known)
        throw CgwardenError(
            "the recording has no cgroup \(path); "
                + (similar.isEmpty
                    ? "omit it to list the cgroups" : Spelling.question(similar)),
            .noInput)
    }

    /// Returns the next snapshot; nil at the end.
    mutating func next() throws -> Snapshot? {
        try cursor.next()?.within(scope)
    }

    /// The records that could not be read so far.
    var notes: [RecordingNote] { cursor.notes }
}

extension Snapshot {
    /// The snapshot restricted to the cgroups that a sampler with this scope would find.
    func within(_ scope: SampleScope) -> Snapshot {
        if scope.subtree.isRoot, scope.depth == nil { return self }
        var places = [Int?](repeating: nil, count: cgroups.count)
        var kept: [CgroupEntry] = []
        for (index, entry) in cgroups.enumerated() where scope.contains(entry.path) {
            places[index] = kept.count
            kept.append(entry)
        }
        let entries = kept.map { entry in
            CgroupEntry(
                path: entry.path, id: entry.id, parent: entry.parent.flatMap { places[$0] },
                controllers: entry.controllers, row: entry.row)
        }
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: entries, blocks: blocks, host: host, health: health)
    }
}
