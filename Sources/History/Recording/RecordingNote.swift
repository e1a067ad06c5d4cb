import CgroupModel

/// Something about a recording that does not keep its other snapshots from being read.
public struct RecordingNote: Hashable, Sendable, CustomStringConvertible {
    /// What there is to say.
    public enum Kind: Hashable, Sendable {
        /// The last record is not whole: the writer died, or is still writing.
        case torn
        /// Bytes that are no whole record, up to `end`.
        case damaged(end: Int)
        /// A record that is whole but cannot be understood.
        case notUnderstood(FrameError.Reason)
        /// What follows leans on a record that is lost.
        case lost(snapshots: Int)
        /// Names of metrics that this program does not know.
        case unknownMetrics([String])
    }

    /// The file.
    public let file: String
    /// The position in it.
    public let offset: Int
    /// What there is to say.
    public let kind: Kind

    /// One sentence for people.
    public var description: String {
        switch kind {
        case .torn: "\(file): the last record, at byte \(offset), is incomplete and is left out"
        case .damaged(let end):
            "\(file): bytes \(offset) to \(end) are damaged and are left out"
        case .notUnderstood(let reason):
            "\(file): the record at byte \(offset) is left out: \(reason.rawValue)"
        case .lost(let snapshots):
            "\(file): \(snapshots) snapshots from byte \(offset) on are left out, "
                + "since they need what is missing before them"
        case .unknownMetrics(let names):
            "\(file): left out, since this program does not know them: "
                + names.prefix(5).joined(separator: ", ").onOneLine
                + (names.count > 5 ? " and \(names.count - 5) more" : "")
        }
    }
}

/// Why a recording cannot be read at all.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes hold nothing of a recording.
    case notARecording(String)
    /// Its format is of another major version.
    case otherVersion(String, UInt64)
    /// There is no whole snapshot in it.
    case empty(String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .notARecording(let file):
            "\(file) is no recording; name one, or a new file to record to"
        case .otherVersion(let file, let version):
            "\(file) is a recording of format \(version), and this program knows format "
                + "\(SegmentHeader.major) only; use the cgwarden that made it"
        case .empty(let file): "\(file) holds no whole snapshot yet"
        }
    }
}
