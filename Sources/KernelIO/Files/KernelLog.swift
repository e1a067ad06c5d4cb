internal import Glibc

/// The kernel's log, one record at a time (`/dev/kmsg`, Documentation/ABI/testing/dev-kmsg).
///
/// Opening it needs CAP_SYSLOG where `kernel.dmesg_restrict` is set. Each instance has its own
/// position, so it takes nothing from other readers.
package struct KernelLog: ~Copyable, Sendable {
    /// The position at which reading begins.
    package enum Start: Sendable {
        /// The oldest record that the kernel still has.
        case oldest
        /// The next record that is written.
        case next
    }

    /// The result of a read.
    package enum Outcome: Hashable, Sendable {
        /// ``record`` has a record.
        case record
        /// The kernel overwrote records before they were read; the next read continues after them.
        case lost
        /// No further record exists yet.
        case end
        /// The read failed.
        case failed(IOError)
    }

    /// The usual path.
    package static let path = Array("/dev/kmsg".utf8)

    /// The size of the kernel's own buffer for one record, so every record fits.
    private static let capacity = 8192

    private let descriptor: OwnedDescriptor
    private var storage = [UInt8](repeating: 0, count: KernelLog.capacity)
    private var count = 0

    /// Opens the log (open(2), O_NONBLOCK).
    package init(
        _ path: [UInt8] = KernelLog.path, from start: Start
    ) throws(IOError) {
        let number = unsafe path.withCPath { unsafe open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard number >= 0 else { throw IOError("open", path.pathText, code: errno) }
        let opened = OwnedDescriptor(adopting: number)
        let whence = start == .oldest ? SEEK_SET : SEEK_END
        guard lseek(opened.number, 0, whence) >= 0 else {
            throw IOError("use", path.pathText, code: errno)
        }
        descriptor = opened
    }

    /// The reason why the log cannot be opened; nil if it can.
    package static func refusal(_ path: [UInt8] = KernelLog.path) -> IOError? {
        do throws(IOError) {
            _ = try KernelLog(path, from: .next)
            return nil
        } catch {
            return error
        }
    }

    /// The descriptor for poll(2): readable while there are records.
    package var number: Int32 { descriptor.number }

    /// The record from the last read; empty if it returned none.
    package var record: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span.extracting(0..<count) }
    }

    /// Reads the next record (read(2)); never waits.
    package mutating func read() -> Outcome {
        while true {
            let number = descriptor.number
            let got = unsafe storage.withUnsafeMutableBytes { raw in
                unsafe Glibc.read(number, raw.baseAddress, raw.count)
            }
            if got > 0 {
                count = got
                return .record
            }
            count = 0
            if got == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .end
            case EPIPE: return .lost
            default:
                return .failed(IOError("read", KernelLog.path.pathText, code: errno))
            }
        }
    }
}
