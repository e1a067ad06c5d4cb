import Glibc
import KernelIO

/// A thread with its own descriptor table, of which only some numbers are left.
///
/// Descriptors that were opened elsewhere are not valid on it.
package actor DescriptorShortage {
    private nonisolated let executor = ThreadExecutor(
        name: "descriptors", ownDescriptorTable: true)
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    package init() {}

    /// Runs a body while only this many descriptors can be opened.
    package func run<Result: Sendable>(
        leaving left: Int = 0, _ body: @Sendable () throws -> Result
    ) rethrows -> Result {
        var taken: [Int32] = []
        while true {
            let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { break }
            taken.append(number)
        }
        for _ in 0..<left { if let number = taken.popLast() { close(number) } }
        defer { for number in taken { close(number) } }
        return try body()
    }
}
