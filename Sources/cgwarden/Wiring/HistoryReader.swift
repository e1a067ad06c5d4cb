import CgroupModel
import History
import KernelIO
import Reports
import Service

/// The history of the daemon, or a recording, as commands read it.
struct HistoryReader {
    /// The group whose members may read the daemon's history.
    private static let group = "cgwarden"
    /// The time without samples, in microseconds, that is worth a note.
    private static let noticeableGap: UInt64 = 120_000_000

    /// The folder or the file.
    let path: String
    /// The origin of relative times, in microseconds since 1970: now, or the end of a recording.
    let origin: UInt64
    /// The times of the first and the last snapshot.
    let span: ClosedRange<UInt64>
    private let isFolder: Bool
    private(set) var past: Past

    /// Opens a folder or a file; nil means the daemon's folder.
    init(_ chosen: String?) throws {
        guard let path = try chosen ?? DaemonHistory.folder() else {
            throw CgwardenError(
                "the daemon keeps no history, because history.directory is empty; name a "
                    + "recording with --history", .unavailable)
        }
        self.path = path
        do {
            past = try Past(path)
            guard let span = past.span else { throw RecordingError.empty(path) }
            self.span = span
        } catch let error as RecordingError {
            guard case .empty = error else { throw error }
            let isDaemons = path == (try? DaemonHistory.folder())
            throw CgwardenError(
                isDaemons
                    ? "\(path) has no sample yet; wait for the daemon's first one"
                    : error.description, .unavailable)
        } catch {
            throw Self.failure(CgwardenError(error), path) ?? error
        }
        isFolder = Self.isFolder(path)
        origin = isFolder ? MonotonicClock.wallMicroseconds : span.upperBound
    }

    /// Returns an error that says how to get access, or how to get a history.
    private static func failure(_ error: CgwardenError?, _ path: String) -> CgwardenError? {
        let isDaemons = path == (try? DaemonHistory.folder())
        return switch error?.status {
        case .noPermission:
            CgwardenError(
                "no permission to read \(path); run as root, or as "
                    + (isDaemons ? "a member of the group \(group)" : "its owner"), .noPermission)
        case .noInput where isDaemons:
            CgwardenError("no history in \(path); \(remedy(path))", .unavailable)
        default: error
        }
    }

    /// What to do without a history in the daemon's folder.
    private static func remedy(_ path: String) -> String {
        // Other users may not ask the daemon.
        guard let status = try? ControlClient.ask(["status", "json"], within: .seconds(1)) else {
            return "start `cgwarden daemon`, which keeps it, or name a recording with --history"
        }
        guard let folder = string(status, ["history", "directory"]) else {
            return "the running daemon keeps no history; name a recording with --history"
        }
        guard folder == path else {
            let option = "--history \(ShellWord.quoted(folder))"
            return "the running daemon keeps its history elsewhere; use \(option)"
        }
        let failure = string(status, ["history", "failure"])
        return failure.map { "the running daemon cannot keep it: \($0.onOneLine)" }
            ?? "wait for the running daemon's first sample"
    }

    /// Returns the string at a path of a JSON text; nil without one.
    private static func string(_ text: String, _ path: [String]) -> String? {
        var found: String?
        try? JSONStrings.visit(Array(text.utf8)) { if $0 == path { found = $1 } }
        return found
    }

    private static func isFolder(_ path: String) -> Bool {
        (try? OwnedDescriptor.directory(Array(path.utf8))) != nil
    }

    /// The last snapshot that was returned, with the summary of its period; nil before the first.
    var frame: PastFrame? { past.current }

    /// The host that recorded the last snapshot that was returned; nil if unknown.
    var machine: RecordedMachine? { past.current?.origin.machine }

    /// Returns an instant that is not in the future.
    func instant(_ time: WrittenTime) throws -> UInt64 { try time.instant(notAfter: origin) }

    /// Returns the latest instant that a written time can mean; throws if it is in the future or
    /// before the first snapshot.
    func latestInstant(of time: WrittenTime) throws -> UInt64 {
        _ = try instant(time)
        return try time.latestInstant(in: "the history", from: span.lowerBound, before: origin)
    }

    /// Returns the names of the disks of the host that recorded the newest snapshot.
    mutating func disks() throws -> [InstanceKey: String] {
        _ = try newest()
        let disks = (machine?.disks ?? []).map { ($0.number, $0.name) }
        return Dictionary(disks, uniquingKeysWith: { first, _ in first })
    }

    /// The number of records that could not be read so far.
    var troubles: Int { past.notes.count }

    /// Returns the newest snapshot at or before a time.
    ///
    /// Throws if the history begins later. A note on standard error says if the snapshot is much
    /// older, as after a time without a daemon.
    mutating func snapshot(at time: WrittenTime) throws -> Snapshot {
        let wanted = try latestInstant(of: time)
        let snapshot = try readable(atOrBefore: wanted)
        if wanted > snapshot.wallTime, wanted - snapshot.wallTime > Self.noticeableGap {
            StandardOutput.complain(
                "cgwarden: note: no samples from \(CivilTime(local: snapshot.wallTime).text) "
                    + "until \(CivilTime(local: wanted).text)")
        }
        return snapshot
    }

    /// The cgroups that the last snapshot that was returned leaves out.
    var omissions: [Omission] { past.current?.omissions ?? [] }

    /// Returns the newest snapshot.
    mutating func newest() throws -> Snapshot { try readable(atOrBefore: span.upperBound) }

    private mutating func readable(atOrBefore instant: UInt64) throws -> Snapshot {
        guard let snapshot = try newest(atOrBefore: instant) else {
            throw CgwardenError("\(path) has no sample that can be read", .data)
        }
        return snapshot
    }

    /// Returns the newest snapshot at or before an instant; nil if there is none.
    mutating func newest(atOrBefore instant: UInt64) throws -> Snapshot? {
        try past.snapshot(at: instant)
    }

    /// Moves by `count` snapshots, backward if it is negative, from the one last returned; returns
    /// nil beyond either end.
    mutating func step(_ count: Int) throws -> Snapshot? { try past.step(count) }

    /// Calls `body` with the snapshots of a range until it returns false; with a step in
    /// microseconds, with the last one of each period.
    ///
    /// With `only`, snapshots may lack other metrics.
    mutating func samples(
        _ range: ClosedRange<UInt64>, step: UInt64?, only metrics: Set<MetricID>? = nil,
        _ body: (Snapshot) throws -> Bool
    ) throws {
        try past.samples(range, step: step, only: metrics, body)
    }

    /// Reports the damage found so far on standard error.
    func reportDamage() {
        for note in past.notes {
            // The daemon may be writing the last record.
            if isFolder, case .torn = note.kind { continue }
            StandardOutput.complain("cgwarden: \(note)")
        }
    }
}

extension Snapshot {
    /// Returns the index of the cgroup that a user named: its path, or a name that only one has.
    func index(typed text: String) throws -> Int {
        guard !text.isEmpty else {
            throw CgwardenError(
                "the name of the cgroup is empty; use a path such as /lab/job", .usage)
        }
        let path = CgroupPath(typed: text) { index(of: $0) != nil }
        if let index = index(of: path) { return index }
        let all = cgroups.map(\.path)
        let named = text.contains("/") ? [] : all.indices.filter { all[$0].name == text }
        if named.count == 1 { return named[0] }
        if named.count > 1 {
            let places = named.prefix(5).map { all[$0].description }.joined(separator: ", ")
            throw CgwardenError(
                "\(named.count) cgroups are named \(text.onOneLine); use the path: \(places)",
                .noInput)
        }
        let similar = CgroupLookup.similar(to: text, path, among: all)
        throw CgwardenError(
            "there was no cgroup \(path) at \(CivilTime(local: wallTime).text)"
                + (similar.isEmpty ? "" : "; " + Spelling.question(similar)), .noInput)
    }
}
