/// An instance of systemd: the system's or a user's.
package enum SystemdInstance: Hashable, Sendable {
    /// PID 1.
    case system
    /// The user manager in `user@UID.service`.
    case user(UInt32)
}

/// A unit of one of the host's systemd instances.
package struct SystemdUnit: Hashable, Sendable, CustomStringConvertible {
    /// Its name, such as `nginx.service`.
    package let name: String
    /// The instance that it belongs to.
    package let instance: SystemdInstance

    /// Creates a unit's name in one instance.
    package init(_ name: String, of instance: SystemdInstance = .system) {
        self.name = name
        self.instance = instance
    }

    /// The name, with the user for a unit of a user's instance.
    package var description: String {
        switch instance {
        case .system: name
        case .user(let number): "\(name) of user \(number)"
        }
    }
}
