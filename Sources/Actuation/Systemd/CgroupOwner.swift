/// Who sets a cgroup's limits and would undo what others set behind its back.
public enum CgroupOwner: Hashable, Sendable {
    /// Nobody in particular.
    case nobody
    /// systemd: it is a unit's own cgroup, also where what lies below was given away.
    case systemd(SystemdUnit)
    /// Whoever runs in this unit, to which systemd gave what lies below the unit's own cgroup.
    case delegated(SystemdUnit)
    /// A container runtime; through a unit of systemd, or by itself.
    case container(runtime: String, unit: SystemdUnit?)
    /// The kubelet, which puts its own values back; through a unit of systemd, or by itself.
    case kubelet(unit: SystemdUnit?)
    /// cgwarden made it.
    case ours

    /// What to know before something is changed; nil if nothing.
    public var warning: String? {
        if isKubelet { return "the kubelet may set its own values again" }
        guard case .container(let runtime, _) = self else { return nil }
        return "it belongs to \(runtime), which may set its own values again"
    }
}

extension CgroupOwner {
    var isKubelet: Bool { if case .kubelet = self { true } else { false } }
}

/// How something is done to a cgroup.
public enum ActuatorChoice: Hashable, Sendable {
    /// By writing to its files.
    case cgroupfs
    /// By asking systemd, for it would undo what is written directly.
    case systemd(SystemdUnit)
    /// Not at all, or not now: whom it belongs to could not be found out.
    case refuse(ActuationError)
}

/// Names that tell whose a cgroup is.
enum OwnerPattern {
    /// Owners that need no one to be asked; nil if the path tells nothing.
    static func owner(of components: [String]) -> CgroupOwner? {
        if components.contains(where: { $0 == "kubepods" || $0.hasPrefix("kubepods.") }) {
            return .kubelet(unit: nil)
        }
        return components.contains("cgwarden") ? .ours : nil
    }

    /// The runtime of the container that a path lies in.
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
            // docker-cleanup.service is a service like others, not a container.
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
