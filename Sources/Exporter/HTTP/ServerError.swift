#if Exporter
internal import Glibc
internal import KernelIO
internal import NIOCore

/// The reason why the server cannot start.
package enum ServerError: Error, Hashable, CustomStringConvertible {
    /// Another socket listens on the address.
    case addressInUse(ListenAddress)
    /// No interface of this machine has the address.
    case addressNotAvailable(ListenAddress)
    /// The port is reserved for root, or the socket's directory is not writable.
    case notPermitted(ListenAddress)
    /// The host name cannot be resolved.
    case unknownHost(ListenAddress)
    /// Any other error, with the system's message.
    case failed(ListenAddress, String)
    /// The web configuration file, or a file it names, cannot be used.
    case configuration(String)
    /// The sockets that systemd passed cannot be used.
    case passedSockets(String)

    init(_ error: any Error, at address: ListenAddress) {
        switch error {
        case let error as NIOCore.IOError:
            switch error.errnoCode {
            case EADDRINUSE: self = .addressInUse(address)
            case EADDRNOTAVAIL: self = .addressNotAvailable(address)
            case EACCES, EPERM: self = .notPermitted(address)
            case let code:
                let failure = KernelIO.IOError("listen on", "\(address)", code: code)
                self = .failed(address, failure.reason)
            }
        case is SocketAddressError.UnknownHost: self = .unknownHost(address)
        default: self = .failed(address, "\(error)")
        }
    }

    /// One line: the address, the reason and a remedy.
    package var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is already in use; choose another --web.listen-address"
        case .addressNotAvailable(let address):
            "no interface of this host has the address of \(address); "
                + "choose another --web.listen-address"
        case .notPermitted(let address):
            "this user may not listen on \(address); choose "
                + (address.path == nil ? "a port of 1024 or more" : "another directory")
                + " with --web.listen-address"
        case .unknownHost(let address):
            "the host of \(address) is unknown; choose another --web.listen-address"
        case .failed(let address, let reason):
            "cannot listen on \(address): \(reason); choose another --web.listen-address"
        case .configuration(let reason): reason
        case .passedSockets(let reason): "--web.systemd-socket: \(reason)"
        }
    }
}
#endif
