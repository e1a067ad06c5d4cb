internal import KernelIO
package import Policy
internal import PolicyLanguage
internal import Synchronization

/// The audit log, which appends lines to a file on a background thread.
///
/// A file that would exceed its limit is renamed to `FILE.1`, after the older ones move up by one.
/// Lines that cannot be written are counted, and ``isFailing`` is true until a write succeeds.
package final class AuditLog: Sendable {
    /// The rule that decides when the file is rotated.
    package struct Rotation: Hashable, Sendable {
        /// The size limit in bytes, and the number of older files to keep.
        package var mostBytes: Int, kept: Int

        /// Creates a rotation with a size limit in bytes and a number of older files.
        package init(mostBytes: Int = 16 << 20, kept: Int = 5) {
            self.mostBytes = mostBytes
            self.kept = kept
        }
    }

    private enum Order: Sendable {
        case line([UInt8])
        /// A line that does not count as lost if it cannot be written.
        case trial([UInt8])
        case reopen
    }

    private let queue: BackgroundQueue<Order>
    private let file: AuditFile
    private let copy: (any NoticeSink)?

    /// Appends to a file, which is created with its directory at the first line.
    ///
    /// Each line also goes to `copy`.
    package init(path: String, rotation: Rotation = Rotation(), copy: (any NoticeSink)? = nil) {
        let file = AuditFile(path: path, rotation: rotation)
        self.file = file
        self.copy = copy
        queue = BackgroundQueue("cgw-audit", capacity: 8192) { order in
            switch order {
            case .line(let bytes): file.append(bytes, isTrial: false)
            case .trial(let bytes): file.append(bytes, isTrial: true)
            case .reopen: file.reopen()
            }
        }
    }

    /// Opens the file now, so that ``failure`` shows whether it can be opened.
    package func prepare() { file.prepare() }

    /// Queues the line of a record.
    package func append(_ record: AuditRecord) { append(AuditLine.bytes(record)) }

    /// Queues a record that tests whether the log has become writable again.
    package func tryAgain(with record: AuditRecord) { queue.add(.trial(AuditLine.bytes(record))) }

    /// Queues a line, including its newline.
    func append(_ line: [UInt8]) {
        queue.add(.line(line))
        copy?.send(
            Notice(
                sinks: [], level: .info, text: String(decoding: line.dropLast(), as: UTF8.self),
                fields: ["CGWARDEN_AUDIT": "1"]))
    }

    /// Reopens the file, for example after logrotate(8) has renamed it.
    package func reopen() { queue.add(.reopen) }

    /// Whether the last write failed.
    ///
    /// Disruptive actions should then be refused, because there would be no record of them.
    package var isFailing: Bool { file.state.withLock { $0.failure != nil } }

    /// The error of the last write; nil if it succeeded.
    package var failure: String? { file.state.withLock { $0.failure.map { "\($0)" } } }

    /// The number of lines lost.
    package var dropped: UInt64 { queue.dropped + file.state.withLock { $0.lost } }

    /// Waits until all lines are written; false on timeout.
    package func waitUntilWritten(within time: Duration) -> Bool {
        queue.waitUntilEmpty(within: time)
    }
}

/// The file, which one thread writes; its state can be read while a write blocks.
private final class AuditFile: Sendable {
    struct State: Sendable {
        var failure: IOError?
        var lost: UInt64 = 0
    }

    let state = Mutex(State())
    private let opened = Mutex<RotatedFile?>(nil)
    private let path: String
    private let rotation: AuditLog.Rotation

    init(path: String, rotation: AuditLog.Rotation) {
        self.path = path
        self.rotation = rotation
    }

    func append(_ line: [UInt8], isTrial: Bool) {
        // An earlier line may have succeeded already.
        if isTrial, state.withLock({ $0.failure == nil }) { return }
        let failure = opened.withLock { opened -> IOError? in
            do throws(IOError) {
                try write(line, &opened)
                return nil
            } catch {
                return error
            }
        }
        state.withLock { state in
            state.failure = failure
            if failure != nil, !isTrial { state.lost += 1 }
        }
    }

    func prepare() {
        let failure = opened.withLock { opened -> IOError? in
            do throws(IOError) {
                opened = try open()
                return nil
            } catch {
                return error
            }
        }
        state.withLock { $0.failure = failure }
    }

    func reopen() { opened.withLock { $0 = nil } }

    private func write(_ line: [UInt8], _ opened: inout RotatedFile?) throws(IOError) {
        var file: RotatedFile
        if let kept = opened.take() { file = kept } else { file = try open() }
        if file.size > 0, file.size + line.count > rotation.mostBytes {
            try rotate()
            file = try open()
        }
        try file.append(line)
        opened = consume file
    }

    private func open() throws(IOError) -> RotatedFile {
        if let slash = path.lastIndex(of: "/") {
            try StandardOutput.createDirectories(String(path[..<slash]))
        }
        return try RotatedFile(path)
    }

    private func rotate() throws(IOError) {
        guard rotation.kept > 0 else { return try RotatedFile.remove(path) }
        let names = [path] + (1...rotation.kept).map { "\(path).\($0)" }
        for (old, new) in zip(names, names.dropFirst()).reversed() where LogFile.exists(old) {
            try LogFile.rename(old, to: new)
        }
    }
}
