/// Which systemd: the machine's, or a user's own.
public enum SystemdInstance: Hashable, Sendable {
    /// PID 1.
    case system
    /// The one that runs in `user@UID.service`.
    case user(UInt32)
}

/// A unit of one of the machine's systemds.
public struct SystemdUnit: Hashable, Sendable, CustomStringConvertible {
    /// Its name, such as `nginx.service`.
    public let name: String
    /// Whose it is.
    public let instance: SystemdInstance

    /// Joins the parts.
    public init(_ name: String, of instance: SystemdInstance = .system) {
        self.name = name
        self.instance = instance
    }

    /// The name, and whose it is unless it is the machine's.
    public var description: String {
        switch instance {
        case .system: name
        case .user(let number): "\(name) of user \(number)"
        }
    }
}
