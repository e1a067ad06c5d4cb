internal import KernelIO
internal import Synchronization

/// The parsed state files of one user, each valid until the file changes.
///
/// Files that could not be parsed are remembered, too.
final class ParsedFiles: Sendable {
    private struct Parsed {
        let stamp: FileStamp
        let records: [String: ContainerRecord]?
    }

    private let files = Mutex<[String: Parsed]>([:])
    private let most: Int

    /// Keeps at most this number of files.
    init(most: Int) { self.most = most }

    /// The records of a file; nil if it is new or has changed, an inner nil if it could not be
    /// parsed.
    func records(_ path: String, _ stamp: FileStamp) -> [String: ContainerRecord]?? {
        files.withLock { files in
            guard let parsed = files[path], parsed.stamp == stamp else { return nil }
            return .some(parsed.records)
        }
    }

    func keep(_ path: String, _ stamp: FileStamp, _ records: [String: ContainerRecord]?) {
        files.withLock { files in
            if files.count >= most, files[path] == nil { files = [:] }
            files[path] = Parsed(stamp: stamp, records: records)
        }
    }

    func forget(_ path: String) { files.withLock { $0[path] = nil } }
}

/// A search through a user's state files: its time and the bytes it reads.
final class Look {
    /// The monotonic time in nanoseconds.
    let now: UInt64
    /// The bytes read so far; every file counts at least the cost of opening it.
    private(set) var bytes = 0
    /// Whether files were skipped because the limit was reached.
    private(set) var isCutShort = false
    private let most: Int

    private static let costOfOpening = 256

    /// Reads no further files once `most` bytes were read.
    init(at now: UInt64, most: Int) {
        self.now = now
        self.most = most
    }

    /// Whether another file may be read.
    var mayGoOn: Bool {
        if bytes >= most { isCutShort = true }
        return !isCutShort
    }

    func note(bytes: Int) { self.bytes += bytes + Self.costOfOpening }
}
