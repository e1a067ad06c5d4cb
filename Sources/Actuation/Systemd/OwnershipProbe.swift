internal import CgroupModel
package import Hierarchy
internal import KernelIO
internal import Synchronization

/// Determines the owners of cgroups, and caches them by hierarchy, inode and path.
package final class OwnershipProbe: Sendable {
    private struct Identity: Hashable {
        let hierarchy: String
        let inode: UInt64
        let path: String
    }

    /// The maximum number of owners to cache; beyond it, all are queried again.
    private static let capacity = 8192

    private let connections: SystemdConnections
    private let isSystemdRunning: Bool
    private let known = Mutex<[Identity: CgroupOwner]>([:])

    /// Probes a host.
    package convenience init(
        system: SystemRoot = .live, connections: SystemdConnections = SystemdConnections()
    ) {
        self.init(
            connections: connections, isSystemdRunning: Self.isSystemdRunning(on: system))
    }

    /// Whether systemd runs on a host (sd_booted(3)); false for a captured one.
    package static func isSystemdRunning(on system: SystemRoot) -> Bool {
        system.isLive && InstalledSystemd.isRunning
    }

    init(connections: SystemdConnections, isSystemdRunning: Bool) {
        self.connections = connections
        self.isSystemdRunning = isSystemdRunning
    }

    /// Stores the owner of a cgroup, so that systemd is not queried for it.
    func note(_ owner: CgroupOwner, of directory: CgroupDirectory) {
        known.withLock { $0[Self.identity(of: directory)] = owner }
    }

    private static func identity(of directory: CgroupDirectory) -> Identity {
        Identity(
            hierarchy: directory.hierarchy.label, inode: directory.inode,
            path: directory.pathOfHost)
    }

    /// Returns the owner of a cgroup; throws if systemd is running but does not answer.
    package func owner(of directory: CgroupDirectory) throws(ActuationError) -> CgroupOwner {
        let path = directory.pathOfHost
        let identity = Self.identity(of: directory)
        if let owner = known.withLock({ $0[identity] }) { return owner }
        let owner: CgroupOwner
        var isCertain = true
        do throws(BusError) {
            owner = try self.owner(
                path, isManaged: directory.hierarchy.isManagedBySystemd, &isCertain)
        } catch {
            throw ActuationError(error, while: "find the owner of \(directory.path)")
        }
        guard isCertain else { return owner }
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
            known[identity] = owner
        }
        return owner
    }

    /// Returns the way to change a cgroup or one of its interface files.
    ///
    /// The cgroups of a kubelet's pods are refused unless `allowsKubelet` is true.
    package func chooseActuator(
        for directory: CgroupDirectory, writing file: String? = nil, allowsKubelet: Bool = false
    ) -> ActuatorChoice {
        let owner: CgroupOwner
        do throws(ActuationError) {
            owner = try self.owner(of: directory)
        } catch {
            return .refuse(error)
        }
        switch owner {
        case .kubelet where !allowsKubelet:
            return .refuse(
                ActuationError(
                    .refused,
                    "the kubelet resets its values in \(directory.path); "
                        + "change the pod's resources instead"))
        case .nobody, .delegated, .ours, .container(_, nil), .kubelet(nil): return .cgroupfs
        case .systemd(let unit), .container(_, let unit?), .kubelet(let unit?):
            guard let file, file != "cgroup.freeze", LimitCatalog.unitProperty(ofFile: file) == nil
            else {
                return .systemd(unit)
            }
            guard file.hasPrefix("devices.") else { return .cgroupfs }
            return .refuse(
                ActuationError(
                    .refused,
                    "systemd manages the device list of \(unit); change it there: "
                        + "systemctl set-property \(ShellWord.quoted(unit.name)) DeviceAllow=…"))
        }
    }

    /// Clears `isCertain` if a user's systemd is unreachable, so that the owner is queried again.
    private func owner(
        _ path: String, isManaged: Bool, _ isCertain: inout Bool
    ) throws(BusError) -> CgroupOwner {
        let components = path.split(separator: "/").map(String.init)
        let known = OwnerPattern.owner(of: components)
        if let known, !known.isKubelet { return known }
        var owner = CgroupOwner.nobody
        if isSystemdRunning, isManaged { owner = try askedOwner(path, of: .system, &isCertain) }
        if known != nil {
            if case .systemd(let unit) = owner { return .kubelet(unit: unit) }
            return .kubelet(unit: nil)
        }
        guard let runtime = OwnerPattern.runtime(of: components) else { return owner }
        if case .systemd(let unit) = owner { return .container(runtime: runtime, unit: unit) }
        return .container(runtime: runtime, unit: nil)
    }

    private func askedOwner(
        _ path: String, of instance: SystemdInstance, _ isCertain: inout Bool
    ) throws(BusError) -> CgroupOwner {
        guard let facts = try connections[instance].unit(ofCgroup: path) else { return .nobody }
        let unit = SystemdUnit(facts.name, of: instance)
        if facts.cgroup == path { return .systemd(unit) }
        // A directory below a unit without delegation is not systemd's, because systemd creates
        // none there.
        guard facts.isDelegated else { return .nobody }
        guard instance == .system, let user = facts.name.userOfManager else {
            return .delegated(unit)
        }
        do throws(BusError) {
            let nested = try askedOwner(path, of: .user(user), &isCertain)
            return nested == .nobody ? .delegated(unit) : nested
        } catch .unreachable {
            isCertain = false
            return .delegated(unit)
        }
    }
}

extension CgroupDirectory {
    /// The path as PID 1 sees it, if this process sees the hierarchy at or below its root.
    fileprivate var pathOfHost: String {
        String(decoding: hierarchy.namespacedPath(of: path).bytes, as: UTF8.self)
    }
}

extension MountedHierarchy {
    /// Whether systemd creates its units' cgroups in this hierarchy; on v1 only in some.
    fileprivate var isManagedBySystemd: Bool {
        version == .unified || name == "systemd"
            || controllers.contains {
                [.cpu, .cpuacct, .memory, .io, .pids, .devices].contains($0)
            }
    }
}

extension String {
    /// The UID in `user@UID.service`; nil for other names.
    fileprivate var userOfManager: UInt32? {
        guard hasPrefix("user@"), hasSuffix(".service") else { return nil }
        return UInt32(dropFirst(5).dropLast(8))
    }
}
