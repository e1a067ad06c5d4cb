/// Why a process must not be frozen, killed or starved.
enum ProcessRole: Hashable {
    case initial
    case kernelThread
    case own
    case helper
    case caller
    case login
    case system
    case runtime
    case foreignNamespace
    case unreadable

    /// The role as the end of "it holds NAME (process PID), …".
    var text: String {
        switch self {
        case .initial: "the init process of this host"
        case .kernelThread: "a kernel thread"
        case .own: "which is this command itself"
        case .helper: "which undoes a cgwarden change at its deadline"
        case .caller: "which this command was started from"
        case .login: "which handles logins"
        case .system: "which the system depends on"
        case .runtime: "which runs containers"
        case .foreignNamespace: "which cannot be examined from this pid namespace"
        case .unreadable: "which cannot be examined now"
        }
    }

    /// Services by their kernel process names, which have at most 15 bytes.
    static let services: [String: ProcessRole] = [
        "systemd-logind": .system, "systemd-journal": .system, "systemd-udevd": .system,
        "(udev-worker)": .system, "systemd-network": .system, "systemd-resolve": .system,
        "dbus-daemon": .system, "dbus-broker": .system, "dbus-broker-lau": .system,
        "containerd": .runtime, "dockerd": .runtime, "crio": .runtime, "kubelet": .runtime,
        "k3s-server": .runtime, "podman": .runtime, "incusd": .runtime, "lxd": .runtime,
    ]
}
