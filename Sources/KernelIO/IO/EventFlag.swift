internal import CLinux
internal import Glibc

/// A flag that a thread or the kernel raises, and that another waits for (eventfd(2)).
public struct EventFlag: ~Copyable, Sendable {
    /// Readable for poll(2) while it is raised.
    public let descriptor: OwnedDescriptor

    /// Opens one that is not raised.
    public init() throws(IOError) {
        let number = cgw_event_flag()
        guard number >= 0 else { throw IOError("open", "an eventfd", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// Raises it; it counts how often.
    public borrowing func raise() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor.number, &one, 8)
    }

    /// Lowers it; how often it was raised, 0 if it was not.
    @discardableResult
    public borrowing func lower() -> UInt64 {
        var count: UInt64 = 0
        return unsafe read(descriptor.number, &count, 8) == 8 ? count : 0
    }
}
