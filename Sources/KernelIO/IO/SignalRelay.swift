internal import CLinux
internal import Glibc

/// The signals that reach this process, to be passed on instead of ending it: TERM, INT, HUP,
/// QUIT, USR1, USR2, CONT, WINCH; what was ignored at the start stays ignored.
public struct SignalRelay: ~Copyable, Sendable {
    /// A signal that arrived.
    public struct Note: Hashable, Sendable {
        /// Which one.
        public let signal: Int32
        /// Whether the kernel sent it: a terminal's key, which its whole process group gets.
        public let isFromTerminal: Bool

        /// Whether it asks to end.
        public var asksToEnd: Bool { [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(signal) }
    }

    /// Readable for poll(2) when a signal has arrived.
    public let descriptor: OwnedDescriptor

    /// Takes the signals over for the rest of the process's life (sigaction(2)).
    public init() throws(IOError) {
        let number = cgw_relay_signals()
        guard number >= 0 else { throw IOError("open", "a pipe", code: errno) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// What has arrived since the last call.
    public borrowing func notes() -> [Note] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let got = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe read(descriptor.number, raw.baseAddress, raw.count)
        }
        return stride(from: 0, to: max(0, got) & ~1, by: 2).map {
            Note(signal: Int32(bytes[$0]), isFromTerminal: bytes[$0 + 1] == 1)
        }
    }
}

/// Waiting for descriptors.
public enum Readiness {
    /// Waits until one of them can be read, or the time is over (poll(2)).
    public static func wait(for descriptors: [Int32], milliseconds: Int32? = nil) {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // A signal ends the wait early, which the callers' loops allow for.
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
    }
}
