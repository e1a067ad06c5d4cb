internal import Glibc

/// The sockets passed by systemd's socket activation (sd_listen_fds(3)).
package enum PassedSockets {
    /// A reason why the passed sockets cannot be used.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The message.
        package let description: String
    }

    private static let first: Int32 = 3

    /// Takes ownership of the listening descriptors, once.
    ///
    /// Sets close-on-exec on them and unsets LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, so that
    /// children inherit neither.
    package static func take() throws(Refusal) -> [Int32] {
        guard let process = Environment.value("LISTEN_PID"),
            let text = Environment.value("LISTEN_FDS"), let count = Int32(text), count > 0
        else { throw Refusal(description: "no socket was passed (LISTEN_FDS is not set)") }
        guard pid_t(process) == getpid() else {
            throw Refusal(
                description: "the sockets were passed to process \(process), not to this one")
        }
        guard count <= 64 else {
            throw Refusal(description: "LISTEN_FDS has \(text) sockets, which is too many")
        }
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) }
        let sockets = Array(first..<first + count)
        for socket in sockets {
            guard fcntl(socket, F_SETFD, FD_CLOEXEC) == 0, isListening(socket) else {
                throw Refusal(
                    description: "descriptor \(socket) is not a listening socket; "
                        + "the unit needs ListenStream= and Accept=no")
            }
        }
        return sockets
    }

    private static func isListening(_ socket: Int32) -> Bool {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 else {
            return false
        }
        return value != 0
    }
}
