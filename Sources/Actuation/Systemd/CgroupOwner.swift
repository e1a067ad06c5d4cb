/// The owner of a cgroup, which sets its limits and would undo changes by other programs.
package enum CgroupOwner: Hashable, Sendable {
    /// No known owner.
    case nobody
    /// systemd: the cgroup is a unit's own, even if its subtree is delegated.
    case systemd(SystemdUnit)
    /// The processes of this unit. Systemd has delegated its subtree to them.
    case delegated(SystemdUnit)
    /// A container runtime, with the unit of systemd that it uses, if any.
    case container(runtime: String, unit: SystemdUnit?)
    /// The kubelet, which restores its own values, with the unit of systemd that it uses, if any.
    case kubelet(unit: SystemdUnit?)
    /// cgwarden created it.
    case ours

    /// A warning for users who change the cgroup; nil if there is none.
    package var warning: String? {
        if isKubelet { return "the kubelet may reset its values" }
        guard case .container(let runtime, _) = self else { return nil }
        return "it belongs to \(runtime), which may reset its values"
    }
}

extension CgroupOwner {
    var isKubelet: Bool { if case .kubelet = self { true } else { false } }
}

/// The way to change a cgroup.
package enum ActuatorChoice: Hashable, Sendable {
    /// Write to its files.
    case cgroupfs
    /// Call systemd, which would undo a direct write.
    case systemd(SystemdUnit)
    /// Refuse the change, because its owner forbids it or is unknown.
    case refuse(ActuationError)
}

/// Names that identify a cgroup's owner.
enum OwnerPattern {
    /// Returns an owner that the path alone identifies; nil if it does not.
    static func owner(of components: [String]) -> CgroupOwner? {
        if components.contains(where: { $0 == "kubepods" || $0.hasPrefix("kubepods.") }) {
            return .kubelet(unit: nil)
        }
        return components.contains("cgwarden") ? .ours : nil
    }

    /// Returns the runtime of the container that the path is in; nil outside containers.
    static func runtime(of components: [String]) -> String? {
        for (index, name) in components.enumerated() {
            let above = index > 0 ? components[index - 1] : ""
            if let known = runtime(named: name, below: above) { return known }
        }
        return nil
    }

    private static let prefixes = [
        ("docker-", "docker"), ("cri-containerd-", "containerd"), ("crio-", "cri-o"),
        ("libpod-", "podman"), ("lxc.payload", "lxc"),
    ]

    private static func runtime(named name: String, below above: String) -> String? {
        if let known = prefixes.first(where: { name.hasPrefix($0.0) && name != "\($0.0)" }) {
            // docker-cleanup.service is an ordinary service, not a container.
            if known.0.hasSuffix("-") {
                let id = name.dropFirst(known.0.count).prefix { $0.isHexDigit }
                return id.count >= 12 ? known.1 : nil
            }
            return known.1
        }
        if above == "docker", name.count == 64, name.allSatisfy(\.isHexDigit) { return "docker" }
        if above == "lxc" { return "lxc" }
        return above == "machine.slice" ? "machined" : nil
    }
}
