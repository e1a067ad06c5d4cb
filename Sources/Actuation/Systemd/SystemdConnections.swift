internal import Synchronization

/// The machine's systemds, each connected to when it is first needed and then kept.
public final class SystemdConnections: Sendable {
    private let connect: @Sendable (SystemdInstance) -> Systemd
    private let kept = Mutex<[SystemdInstance: Systemd]>([:])

    /// Connects in the usual way unless told otherwise.
    public init(
        connect: @escaping @Sendable (SystemdInstance) -> Systemd = { Systemd.connected(to: $0) }
    ) { self.connect = connect }

    /// The connection to one systemd.
    public subscript(instance: SystemdInstance) -> Systemd {
        kept.withLock { kept in
            if let known = kept[instance] { return known }
            let made = connect(instance)
            kept[instance] = made
            return made
        }
    }
}
