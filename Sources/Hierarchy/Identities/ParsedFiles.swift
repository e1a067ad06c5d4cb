internal import KernelIO
internal import Synchronization

/// What was made of one user's state files, for as long as each stays the same; also that nothing
/// could be made of it.
final class ParsedFiles: Sendable {
    private struct Parsed {
        let stamp: FileStamp
        let records: [String: ContainerRecord]?
    }

    private let files = Mutex<[String: Parsed]>([:])
    private let most: Int

    /// Keeps at most so many files.
    init(most: Int) { self.most = most }

    /// What the file says; nil if it has changed or was never read, nil inside if it says nothing.
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

/// One look at a user's state files: when, and how much it reads.
final class Look {
    /// By the monotonic clock, in nanoseconds.
    let now: UInt64
    /// What was read so far; a file that need not be read counts, too, for it was looked for.
    private(set) var bytes = 0
    /// Whether something was left out since there was enough.
    private(set) var isCutShort = false
    private let most: Int

    private static let costOfOpening = 256

    /// Reads no further file once `most` bytes were read.
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
