internal import CLinux
internal import Glibc

/// A signal that ends a process by default.
package struct EndingSignal: Hashable, Sendable {
    /// The signal number.
    package let number: Int32

    /// SIGTERM, which asks a process to exit.
    package static let terminate = EndingSignal(number: SIGTERM)
    /// SIGKILL, which a process cannot ignore.
    package static let kill = EndingSignal(number: SIGKILL)

    /// The name without `SIG`, or the number.
    package var name: String {
        Self.names.first { $0.value == number }?.key ?? String(number)
    }

    /// The names that ``init(_:)`` knows, without `SIG`, by number.
    package static var allNames: [String] { names.sorted { $0.value < $1.value }.map(\.key) }

    private init(number: Int32) { self.number = number }

    /// Finds a signal by name or number: `TERM`, `SIGINT`, `15`; nil if it is not in the list.
    package init?(_ text: String) {
        let bare = text.uppercased()
        let name = bare.hasPrefix("SIG") ? String(bare.dropFirst(3)) : bare
        guard let known = Self.names[name] ?? Self.names.values.first(where: { String($0) == bare })
        else { return nil }
        number = known
    }

    private static let names: [String: Int32] = [
        "TERM": SIGTERM, "INT": SIGINT, "HUP": SIGHUP, "QUIT": SIGQUIT, "KILL": SIGKILL,
        "USR1": SIGUSR1, "USR2": SIGUSR2, "ABRT": SIGABRT,
    ]
}

/// A process referenced by a pidfd, so a later process with the same ID cannot be mistaken for it.
package struct ProcessHandle: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let pid: Int32

    /// Opens a process (pidfd_open(2)).
    package init(_ pid: Int32) throws(IOError) {
        let number = cgw_process_handle(pid)
        guard number >= 0 else { throw IOError("find", "process \(pid)", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
        self.pid = pid
    }

    /// Sends a signal (pidfd_send_signal(2)).
    package func send(_ signal: EndingSignal) throws(IOError) {
        guard cgw_signal_process(descriptor.number, signal.number) == 0 else {
            throw IOError("signal", "process \(pid)", code: errno)
        }
    }

    /// Throws if this process may not signal it; sends nothing.
    package func checkSignalable() throws(IOError) {
        guard cgw_signal_process(descriptor.number, 0) == 0 else {
            throw IOError("signal", "process \(pid)", code: errno)
        }
    }

    /// Waits until it has exited (poll(2)); false on a timeout.
    package func hasEnded(within time: Duration) -> Bool {
        let deadline = Deadline(after: time)
        var list = PollList()
        list.add(descriptor.number)
        repeat {
            // A signal ends a wait early.
            list.wait(milliseconds: Int32(clamping: deadline.milliseconds))
            if list.hasNews(0..<1) { return true }
        } while !deadline.hasPassed
        return false
    }
}
