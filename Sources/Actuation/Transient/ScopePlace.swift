package import CgroupModel
package import Hierarchy

/// The place for runs as systemd scopes: the system manager for root, else the user's manager.
package struct ScopePlace: Sendable {
    /// The prefix of all scope names.
    static let prefix = "cgwarden-run-"

    let set: HierarchySet
    let limited: [Controller]
    let connections: SystemdConnections
    let instance: SystemdInstance
    let slice: String?

    /// Finds the systemd of a user and checks that it answers.
    ///
    /// - Parameters:
    ///   - limited: The controllers that the limits need.
    ///   - slice: The unit above the scopes; systemd's default if nil.
    package init(
        _ set: HierarchySet, limiting limited: [Controller], below slice: String? = nil,
        user: UInt32
    ) throws(ActuationError) {
        let connections = SystemdConnections()
        guard user != 0 || InstalledSystemd.isRunning else {
            throw ActuationError(
                .unavailable,
                "systemd is not PID 1, so there are no scopes; without --scope "
                    + "cgwarden creates the cgroup itself")
        }
        guard user != 0 || InstalledSystemd.countsProcessesAsHere() else {
            throw ActuationError(
                .unavailable,
                "systemd is not PID 1 of this PID namespace or does not answer, so it would put "
                    + "another process into the scope; without --scope cgwarden creates the "
                    + "cgroup itself")
        }
        guard user == 0 || set.mode == .v2 else {
            throw ActuationError(
                .notPermitted, "v1 cgroups are not delegated to users; run as root")
        }
        let instance: SystemdInstance = user == 0 ? .system : .user(user)
        do throws(BusError) {
            _ = try connections[instance].version()
        } catch {
            if user == 0 { throw ActuationError(error, while: "create a scope") }
            throw ActuationError(
                .unavailable,
                "your user manager (user@\(user).service) cannot be reached: \(error.reason); "
                    + "`loginctl enable-linger` starts it, or run as root")
        }
        self.init(
            set, limiting: limited, below: slice, connections: connections, instance: instance)
    }

    init(
        _ set: HierarchySet, limiting limited: [Controller], below slice: String?,
        connections: SystemdConnections, instance: SystemdInstance
    ) {
        self.set = set
        self.limited = limited
        self.slice = slice
        self.connections = connections
        self.instance = instance
    }

    var systemd: Systemd { connections[instance] }

    /// The hierarchies that a scope must be in, with the controllers they must enable.
    func trees(at path: CgroupPath) throws(ActuationError) -> TransientPlace {
        try TransientPlace(set, limiting: limited, parent: path, user: 0)
    }

    /// The scope's name; bytes that a unit name cannot contain become `\x20` (systemd-escape(1)).
    static func unitName(_ name: String) -> String {
        let escaped = name.utf8.map { byte in
            let letter = Character(Unicode.Scalar(byte))
            if byte < 0x80, letter.isLetter || letter.isNumber || ":-_.".contains(letter) {
                return String(letter)
            }
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count < 2 ? "0" : "") + digits
        }
        return "\(prefix)\(escaped.joined()).scope"
    }
}

extension BusError {
    fileprivate var reason: String {
        if case .unreachable(let reason) = self { reason } else { "it does not respond" }
    }
}
