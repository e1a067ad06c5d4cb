package import CgroupModel
package import History
package import KernelIO
internal import Reports
import Synchronization

/// Appends snapshots to a recording on disk.
///
/// Other processes see each snapshot at once; a power loss can lose those since the start of the
/// segment. The file is locked against a second recorder.
package final class Recorder: Sendable {
    private struct State: ~Copyable {
        var file: PartedFile
        var encoder: SegmentEncoder
        /// The time of the last snapshot in microseconds since 1970.
        var last: UInt64 = 0
        var failure: IOError?
    }

    private let state: Mutex<State>

    /// Opens or creates a file, and cuts off an incomplete last record.
    package init(_ path: String, _ bounds: PartBounds = .init(), _ origin: RecordingOrigin)
        throws
    {
        state = Mutex(State(file: try Self.open(path, bounds), encoder: SegmentEncoder(origin)))
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
                let time = snapshot.wallTime
                if state.file.isFull(at: time) || state.encoder.isAtBoundary, state.file.size > 0 {
                    let bytes = state.encoder.endSegment()
                    if !bytes.isEmpty { try state.file.append(bytes, at: state.last) }
                    try state.file.sync()
                    try state.file.makeRoom(at: time)
                }
                try state.file.append(state.encoder.encode(snapshot), at: time)
                state.last = time
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

    private static func open(_ path: String, _ bounds: PartBounds) throws -> PartedFile {
        do throws(IOError) {
            return try PartedFile(path, bounds)
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
