internal import CLinux
internal import Glibc

/// A flag that a thread or the kernel raises and another thread waits for (eventfd(2)).
package struct EventFlag: ~Copyable, Sendable {
    /// The eventfd: readable for poll(2) while the flag is raised.
    package let descriptor: OwnedDescriptor

    /// Creates a flag that is not raised.
    package init() throws(IOError) {
        let number = cgw_event_flag()
        guard number >= 0 else { throw IOError("open", "an eventfd", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// Raises the flag and increments its count.
    package borrowing func raise() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor.number, &one, 8)
    }

    /// Lowers the flag; returns the number of times it was raised since the last call.
    @discardableResult
    package borrowing func lower() -> UInt64 {
        var count: UInt64 = 0
        return unsafe read(descriptor.number, &count, 8) == 8 ? count : 0
    }
}
