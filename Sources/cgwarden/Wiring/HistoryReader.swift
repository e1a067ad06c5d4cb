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
    /// The origin of relative times: now, or the end of a recording.
    let end: UInt64
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
        } catch let error as RecordingError {
            guard case .empty = error else { throw error }
            throw CgwardenError(
                "\(path) has no sample yet; wait for the daemon's first one", .unavailable)
        } catch {
            throw Self.failure(CgwardenError(error), path, isDaemons: chosen == nil) ?? error
        }
        span = past.span ?? 0...0
        isFolder = Self.isFolder(path)
        end = isFolder ? MonotonicClock.wallMicroseconds : span.upperBound
    }

    /// Says how to get access, or a history at all.
    private static func failure(
        _ error: CgwardenError?, _ path: String, isDaemons: Bool
    ) -> CgwardenError? {
        switch error?.status {
        case .noPermission:
            CgwardenError(
                "no permission to read \(path); run as root, or as a member of the group "
                    + group, .noPermission)
        case .noInput where isDaemons:
            CgwardenError("no history in \(path); \(remedy)", .unavailable)
        default: error
        }
    }

    /// What to do without a history in the daemon's folder.
    private static var remedy: String {
        runningDaemons.map { "the running daemon keeps it elsewhere: --history \($0)" }
            ?? "start `cgwarden daemon`, which keeps it, or name a recording with --history"
    }

    /// The folder of a running daemon that has its own; nil without one, or without permission to
    /// ask it.
    private static var runningDaemons: String? {
        guard let status = try? ControlClient.ask(["status"], within: .seconds(1)),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("history ") })
        else { return nil }
        // The folder comes before the times and the size.
        let folder = line.drop { $0 != "/" }.prefix { $0 != "," }
        return folder.isEmpty ? nil : String(folder)
    }

    private static func isFolder(_ path: String) -> Bool {
        (try? OwnedDescriptor.directory(Array(path.utf8))) != nil
    }

    /// The last snapshot that was returned, with the summary of its period; nil before the first.
    var frame: PastFrame? { past.current }

    /// The host that recorded the last snapshot that was returned; nil if unknown.
    var machine: RecordedMachine? { past.current?.origin.machine }

    /// Returns an instant that is not in the future.
    func instant(_ time: WrittenTime) throws -> UInt64 { try time.instant(notAfter: end) }

    /// Returns an instant at which the history has a snapshot.
    func instantWithin(_ time: WrittenTime) throws -> UInt64 {
        let instant = try instant(time)
        // A time without a fraction can mean any snapshot within that second.
        let wanted =
            instant % 1_000_000 == 0 ? instant + min(999_999, UInt64.max - instant) : instant
        guard wanted >= span.lowerBound else {
            throw CgwardenError(
                "the history begins at \(CivilTime(local: span.lowerBound).text); \(time.text) is "
                    + "before that", .noInput)
        }
        return wanted
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
        let wanted = try instantWithin(time)
        guard let snapshot = try past.snapshot(at: wanted) else {
            throw CgwardenError("\(path) has no sample that can be read", .data)
        }
        if wanted > snapshot.wallTime, wanted - snapshot.wallTime > Self.noticeableGap {
            StandardOutput.complain(
                "cgwarden: note: no samples from \(CivilTime(local: snapshot.wallTime).text) "
                    + "until \(time.text)")
        }
        for omission in past.current?.omissions ?? [] {
            StandardOutput.complain(
                "cgwarden: note: \(counted(omission.count, "cgroup", "cgroups")) in "
                    + "\(omission.path) left out: the history had no room for them")
        }
        return snapshot
    }

    /// Returns the newest snapshot.
    mutating func newest() throws -> Snapshot {
        guard let snapshot = try past.snapshot(at: span.upperBound) else {
            throw CgwardenError("\(path) has no sample that can be read", .data)
        }
        return snapshot
    }

    /// Returns the newest snapshot at or before an instant; nil if there is none.
    mutating func snapshot(at instant: UInt64) throws -> Snapshot? {
        try past.snapshot(at: instant)
    }

    /// Returns the snapshot a number of snapshots after the last one; nil beyond the ends.
    mutating func step(_ count: Int) throws -> Snapshot? { try past.step(count) }

    /// Calls `body` with the snapshots of a range until it returns false; with a step in
    /// microseconds, with the last one of each period.
    mutating func samples(
        _ range: ClosedRange<UInt64>, step: UInt64?, _ body: (Snapshot) throws -> Bool
    ) throws {
        try past.samples(range, step: step, body)
    }

    /// Reports the damage found so far on standard error.
    func complain() {
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
