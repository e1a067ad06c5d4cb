internal import CLinux
internal import Glibc

/// Catches signals so that they can be forwarded instead of ending this process.
///
/// It catches TERM, INT, HUP, QUIT, USR1, USR2, CONT and WINCH. Signals that were ignored at the
/// start stay ignored.
package struct SignalRelay: ~Copyable, Sendable {
    /// A signal that arrived.
    package struct Note: Hashable, Sendable {
        /// The signal number.
        package let signal: Int32
        /// Whether the kernel sent it, as for a key in the terminal, which signals the whole
        /// process group.
        package let isFromTerminal: Bool

        /// Whether it requests an exit.
        package var asksToEnd: Bool { [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(signal) }
    }

    /// The descriptor for poll(2): readable once a signal has arrived.
    package let descriptor: OwnedDescriptor

    /// Installs the handlers for the rest of the process's life (sigaction(2)).
    package init() throws(IOError) {
        let number = cgw_relay_signals()
        guard number >= 0 else { throw IOError("open", "a pipe", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// Takes the signals that arrived since the last call.
    package borrowing func notes() -> [Note] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let got = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe read(descriptor.number, raw.baseAddress, raw.count)
        }
        return stride(from: 0, to: max(0, got) & ~1, by: 2).map {
            Note(signal: Int32(bytes[$0]), isFromTerminal: bytes[$0 + 1] == 1)
        }
    }
}

/// Waits for descriptors.
package enum Readiness {
    /// Waits until a descriptor is readable or the time has passed (poll(2)); nil waits forever.
    package static func wait(for descriptors: [Int32], milliseconds: Int32? = nil) {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // A signal may end the wait early; the callers' loops allow for that.
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
    }
}
