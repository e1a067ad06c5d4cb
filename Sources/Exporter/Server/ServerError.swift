#if Exporter
internal import Glibc
internal import KernelIO
internal import NIOCore

/// Why the server cannot listen.
public enum ServerError: Error, Hashable, CustomStringConvertible {
    /// Another socket listens there.
    case addressInUse(ListenAddress)
    /// The address belongs to no interface of this machine.
    case addressNotAvailable(ListenAddress)
    /// The port is reserved for root, or the directory of the socket somebody else's.
    case notPermitted(ListenAddress)
    /// The host name has no address.
    case unknownHost(ListenAddress)
    /// Anything else, with the system's words.
    case failed(ListenAddress, String)
    /// The web configuration file, or what it names, cannot be used.
    case configuration(String)
    /// What systemd passed cannot be listened at.
    case passedSockets(String)

    init(_ error: any Error, at address: ListenAddress) {
        switch error {
        case let error as NIOCore.IOError:
            switch error.errnoCode {
            case EADDRINUSE: self = .addressInUse(address)
            case EADDRNOTAVAIL: self = .addressNotAvailable(address)
            case EACCES, EPERM: self = .notPermitted(address)
            case let code:
                let failure = KernelIO.IOError("listen at", "\(address)", code: code)
                self = .failed(address, failure.reason)
            }
        case is SocketAddressError.UnknownHost: self = .unknownHost(address)
        default: self = .failed(address, "\(error)")
        }
    }

    /// One line: what, where, what to do.
    public var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is already in use; choose another --web.listen-address"
        case .addressNotAvailable(let address):
            "no interface of this machine has the address of \(address); "
                + "choose another --web.listen-address"
        case .notPermitted(let address):
            "this user may not listen at \(address); choose "
                + (address.path == nil ? "a port of 1024 or more" : "another directory")
                + " with --web.listen-address"
        case .unknownHost(let address):
            "the host of \(address) is not known; choose another --web.listen-address"
        case .failed(let address, let reason):
            "cannot listen at \(address): \(reason); choose another --web.listen-address"
        case .configuration(let reason): reason
        case .passedSockets(let reason): "--web.systemd-socket: \(reason)"
        }
    }
}
#endif
