internal import CLinux
internal import Glibc

/// Reports which process wrote to which file of a file system (fanotify(7), FAN_MODIFY).
///
/// It needs CAP_SYS_ADMIN and never blocks a writer. The kernel keeps at most 16384 unread reports
/// by default, and merges unread reports of one process on one file.
package struct WriteWatch: ~Copyable, Sendable {
    /// A report.
    package enum Report: ~Copyable, Sendable {
        /// A process wrote to a file, which is open for reading; the process ID is 0 if the process
        /// is not visible in this PID namespace.
        case write(OwnedDescriptor, process: Int32)
        /// The kernel dropped reports.
        case lost
    }

    /// `struct fanotify_event_metadata`: length (4), version (1), reserved (1), length of this part
    /// (2), mask (8), descriptor (4), process (4).
    private static let headBytes = 24
    /// `FANOTIFY_METADATA_VERSION`.
    private static let version: UInt8 = 3
    /// The maximum number of failed reads in a row; each one drops a report, usually of a file that
    /// is gone.
    private static let mostFailures = 1000

    private let descriptor: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: WriteWatch.headBytes * 64)
    private var start = 0
    /// Whether reports were lost for want of a descriptor, or are left unread after many failures.
    private var hasLost = false
    private var end = 0

    /// Creates a watch without marks (fanotify_init(2)).
    package init() throws(IOError) {
        let number = cgw_write_watch_open()
        guard number >= 0 else { throw IOError("watch", "writes", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    deinit {
        var rest = start
        while rest + Self.headBytes <= end {
            close(Int32(bitPattern: Self.word(buffer, rest + 16)))
            rest += Self.headBytes
        }
    }

    /// Watches the file system of a directory, or before Linux 4.20 its mount (fanotify_mark(2)).
    package borrowing func add(_ directory: borrowing OwnedDescriptor) throws(IOError) {
        guard cgw_write_watch_add(descriptor.number, directory.number) == 0 else {
            throw IOError("watch", "writes", code: errno)
        }
    }

    /// The descriptor for poll(2): readable while there are reports.
    package var number: Int32 { descriptor.number }

    /// Takes the next report; nil if there is none now.
    package mutating func next() -> Report? {
        guard start < end || fill() else {
            defer { hasLost = false }
            return hasLost ? .lost : nil
        }
        let place = start
        let length = Int(Self.word(buffer, place))
        start = length >= Self.headBytes ? place + length : end
        guard start <= end, buffer[place + 4] == Self.version else {
            start = end
            return .lost
        }
        let file = Int32(bitPattern: Self.word(buffer, place + 16))
        // An overflow has no file.
        guard file >= 0 else { return .lost }
        return .write(
            OwnedDescriptor(adopting: file),
            process: Int32(bitPattern: Self.word(buffer, place + 20)))
    }

    /// Reads further reports (read(2)); false if there are none.
    private mutating func fill() -> Bool {
        (start, end) = (0, 0)
        for _ in 0..<Self.mostFailures {
            let number = descriptor.number
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe read(number, raw.baseAddress, raw.count)
            }
            if got >= Self.headBytes {
                end = got
                return true
            }
            if errno == EMFILE || errno == ENFILE { hasLost = true }
            // Any other error belongs to the report that was read, such as one of a removed file.
            if got == 0 || errno == EAGAIN || errno == EBADF { return false }
        }
        hasLost = true
        return false
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
    }
}

extension OwnedDescriptor {
    /// The path of the open file, in the mount it was opened through; nil if it cannot be read.
    package borrowing func path() -> [UInt8]? {
        try? ReadBuffer.link(Array("/proc/thread-self/fd/\(number)".utf8))
    }

    /// Returns the path of the same file in the mount of a directory, which may be another mount of
    /// the file system; nil without CAP_DAC_READ_SEARCH.
    package borrowing func path(through directory: borrowing OwnedDescriptor) -> [UInt8]? {
        let opened = cgw_reopen_through(directory.number, number)
        return opened >= 0 ? OwnedDescriptor(adopting: opened).path() : nil
    }
}
