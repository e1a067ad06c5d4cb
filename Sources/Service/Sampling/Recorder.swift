package import CgroupModel
package import History
package import KernelIO
internal import Reports
import Synchronization

/// The bounds of a recording; the oldest part is removed first.
package struct RecordingBounds: Sendable {
    /// The number of files among which the bounds are divided, so that one can be removed at a
    /// time.
    private static let divisor = 8

    /// The maximum total size of the files in bytes; nil for no bound.
    var bytes: UInt64?
    /// The maximum age in seconds; nil for no bound.
    var age: Double?

    /// Creates bounds in bytes and in seconds; nil for none.
    package init(bytes: UInt64? = nil, age: Double? = nil) {
        self.bytes = bytes
        self.age = age
    }

    /// The largest size of one file in bytes; nil for no bound.
    var fileBytes: UInt64? { bytes.map { $0 / UInt64(Self.divisor) } }
    var fileAge: UInt64? { age.map { UInt64($0 * 1e6) / UInt64(Self.divisor) } }
}

/// Appends snapshots to a recording on disk.
///
/// Other processes see each snapshot at once; a power loss can lose those since the start of the
/// segment. The file is locked against a second recorder.
package final class Recorder: Sendable {
    private struct State: ~Copyable {
        var file: AppendedFile
        var encoder: SegmentEncoder
        /// The times of the first and the last snapshot in the file.
        var begin: UInt64?
        var end: UInt64 = 0
        var failure: IOError?
    }

    private let path: String
    private let bounds: RecordingBounds
    private let state: Mutex<State>

    /// Opens or creates a file, and cuts off an incomplete last record.
    package init(_ path: String, _ bounds: RecordingBounds = .init(), _ origin: RecordingOrigin)
        throws
    {
        self.path = path
        self.bounds = bounds
        state = Mutex(State(file: try Self.open(path), encoder: SegmentEncoder(origin)))
        let whole = try Recording.wholeLength(RecordingFile(path))
        try state.withLock { state throws(IOError) in
            if whole < state.file.size { try state.file.truncate(to: whole) }
        }
    }

    /// The error that stopped recording; nil while recording works.
    package var failure: IOError? { state.withLock { $0.failure } }

    /// Appends a snapshot; after a failure, throws the same error at every call.
    package func append(_ snapshot: Snapshot) throws(IOError) {
        try state.withLock { state throws(IOError) in
            if let failure = state.failure { throw failure }
            do throws(IOError) {
                if isFull(state, at: snapshot.wallTime) { state.encoder.endSegment() }
                if state.encoder.isAtBoundary, state.file.size > 0 {
                    try state.file.sync()
                    if isFull(state, at: snapshot.wallTime) { try rotate(&state) }
                    try prune(at: snapshot.wallTime)
                }
                try state.file.append(state.encoder.encode(snapshot))
                if state.begin == nil { state.begin = snapshot.wallTime }
                state.end = max(state.end, snapshot.wallTime)
            } catch {
                state.failure = error
                throw error
            }
        }
    }

    /// Flushes the file to the storage device.
    package func sync() throws(IOError) {
        try state.withLock { state throws(IOError) in try state.file.sync() }
    }

    private func isFull(_ state: borrowing State, at time: UInt64) -> Bool {
        guard let begin = state.begin else { return false }
        if let most = bounds.fileBytes, state.file.size >= most { return true }
        guard let most = bounds.fileAge, time > begin else { return false }
        return time - begin >= most
    }

    /// Renames the file to an older part and starts a new file.
    private func rotate(_ state: inout State) throws(IOError) {
        // Parts are read in the order of their names, so names increase even if the clock goes
        // back.
        let last = try RecordingFiles.parts(of: path).last?.end ?? 0
        try state.file.rename(to: RecordingFiles.part(of: path, end: max(state.end, last + 1)))
        state.file = try AppendedFile(path, mustBeNew: true)
        state.begin = nil
    }

    private func prune(at time: UInt64) throws(IOError) {
        guard bounds.bytes != nil || bounds.age != nil else { return }
        let parts = try RecordingFiles.parts(of: path)
        var total = parts.reduce(0) { $0 + AppendedFile.size(of: $1.path) }
        for part in parts {
            // Leave room for the file being written.
            let isTooMuch = bounds.bytes.map { total + (bounds.fileBytes ?? 0) > $0 } ?? false
            let isTooOld =
                bounds.age.map { time > part.end && Double(time - part.end) / 1e6 > $0 } ?? false
            guard isTooMuch || isTooOld else { return }
            total -= AppendedFile.size(of: part.path)
            try AppendedFile.remove(part.path)
        }
    }

    private static func open(_ path: String) throws -> AppendedFile {
        do throws(IOError) {
            return try AppendedFile(path)
        } catch {
            if error.isTryAgain {
                throw CgwardenError(
                    "another process is recording to \(path); use another file",
                    .temporaryFailure)
            }
            guard error.objection != nil else { throw error }
            throw CgwardenError("\(error); record to another file", .usage)
        }
    }
}
