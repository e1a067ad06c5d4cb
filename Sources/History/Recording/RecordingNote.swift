import CgroupModel

/// A problem in a recording that does not prevent reading its other snapshots.
package struct RecordingNote: Hashable, Sendable, CustomStringConvertible {
    /// The kind of problem.
    package enum Kind: Hashable, Sendable {
        /// The last record is incomplete: the writer died, or is still writing.
        case torn
        /// Bytes that are not an intact record, up to `end`.
        case damaged(end: Int)
        /// A record that was damaged, up to `end`, and is restored from the others.
        case restored(end: Int)
        /// A record that is intact but malformed.
        case notUnderstood(FrameError.Reason)
        /// Snapshots that depend on a lost record.
        case lost(snapshots: Int)
        /// Names of metrics that this program does not know.
        case unknownMetrics([String])
    }

    /// The file name.
    package let file: String
    /// The byte offset in the file.
    package let offset: Int
    /// The kind of problem.
    package let kind: Kind

    /// Creates a note on a place in a file.
    package init(file: String, offset: Int, kind: Kind) {
        self.file = file
        self.offset = offset
        self.kind = kind
    }

    /// The complete message.
    package var description: String {
        switch kind {
        case .torn: "\(file): the last record, at byte \(offset), is incomplete; skipped"
        case .damaged(let end):
            "\(file): bytes \(offset) to \(end) are damaged; skipped"
        case .restored(let end):
            "\(file): bytes \(offset) to \(end) are damaged; restored"
        case .notUnderstood(let reason):
            "\(file): the record at byte \(offset) is skipped: \(reason.rawValue)"
        case .lost(let snapshots):
            "\(file): \(snapshots) snapshots from byte \(offset) on are skipped, "
                + "because they depend on missing data before them"
        case .unknownMetrics(let names):
            "\(file): skipped, unknown to this program: "
                + names.prefix(5).joined(separator: ", ").onOneLine
                + (names.count > 5 ? " and \(names.count - 5) more" : "")
        }
    }
}

/// An error that prevents reading a recording at all.
package enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file contains no part of a recording.
    case notARecording(String)
    /// The recording has another major version.
    case otherVersion(String, UInt64)
    /// The recording contains no intact snapshot.
    case empty(String)

    /// The complete message.
    package var description: String {
        switch self {
        case .notARecording(let file):
            "\(file) is not a recording; `cgwarden stat --record FILE` makes one"
        case .otherVersion(let file, let version):
            "\(file) is a recording of format \(version), and this program reads only format "
                + "\(SegmentHeader.major); use the cgwarden that made it"
        case .empty(let file):
            "\(file) contains no sample; name a recording, or the directory of the daemon's history"
        }
    }
}
