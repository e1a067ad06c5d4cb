internal import Synchronization

/// The host's systemd instances, each connected on first use and then kept.
package final class SystemdConnections: Sendable {
    private let connect: @Sendable (SystemdInstance) -> Systemd
    private let kept = Mutex<[SystemdInstance: Systemd]>([:])

    /// Uses `connect` for new connections.
    package init(
        connect: @escaping @Sendable (SystemdInstance) -> Systemd = { Systemd.connected(to: $0) }
    ) { self.connect = connect }

    /// Returns the connection to one instance.
    package subscript(instance: SystemdInstance) -> Systemd {
        kept.withLock { kept in
            if let known = kept[instance] { return known }
            let made = connect(instance)
            kept[instance] = made
            return made
        }
    }
}
