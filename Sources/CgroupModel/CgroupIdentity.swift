/// What people know a cgroup as: a unit, a container, a pod.
///
/// ``init(_:)`` tells what the path alone does; names, images and labels that only a container
/// runtime knows are filled in where its state can be read. Nil is not known, or is none.
public struct CgroupIdentity: Hashable, Sendable {
    /// What the last component of a path stands for.
    public enum Kind: String, Sendable, CaseIterable {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case slice, service, scope, container, pod, other
    }

    /// What the last component of the path is.
    public var kind: Kind
    /// The innermost systemd unit at or above the cgroup, as systemd writes it;
    /// ``UnitName/readable(_:)`` is for people.
    public var unit: String?
    /// The innermost systemd slice at or above the cgroup.
    public var slice: String?
    /// The user whose systemd, session or rootless runtime the cgroup belongs to.
    public var user: UInt32?
    /// `docker`, `containerd`, `cri-o`, `podman`, `lxc`, `nspawn`, `qemu` (a virtual machine of
    /// libvirt), …, of the innermost container that the cgroup is or is within.
    public var runtime: String?
    /// The container's identifier, mostly 64 hexadecimal digits; LXC and nspawn have none.
    public var containerID: String?
    /// The container's name: of a Kubernetes pod's container, the one in the pod's specification.
    public var container: String?
    /// Whether the container or pod is within another container, whose runtime alone knows it.
    public var isNested = false
    /// Whether the container is a virtual machine.
    public var isMachine = false
    /// What the container was made from.
    public var image: String?
    /// The name of the Kubernetes pod.
    public var pod: String?
    /// Its identifier, with dashes; a static pod's has none.
    public var podUID: String?
    /// Its namespace.
    public var namespace: String?
    /// Its class: `guaranteed`, `burstable` or `besteffort`.
    public var qos: String?
    /// Labels of the container with their values, of a runtime that tells them.
    public var labels: [String: String] = [:]

    /// Whether the cgroup is, or is within, a container or a pod, so that a runtime may know more.
    public var isContained: Bool {
        runtime != nil || containerID != nil || container != nil || podUID != nil
    }

    /// What the path tells.
    public init(_ path: CgroupPath) {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map {
            UnitName.ofCgroup(CgroupPath.text($0))
        }
        kind = names.last.map(Self.unitKind) ?? .other
        unit = names.last(where: UnitName.isUnit)
        slice = names.last { $0.hasSuffix(".slice") && UnitName.isUnit($0) }
        for place in names.indices {
            // Who is user 1000 of a container is another one of the host.
            if user == nil, !isContained { user = Self.user(names[place]) }
            if let pod = PathPlace.pod(names, at: place) {
                isNested = runtime != nil || containerID != nil
                podUID = pod.uid
                qos = pod.qos
                if place == names.indices.last { kind = .pod }
            }
            if let found = PathPlace.container(names, at: place) {
                isNested = isNested || runtime != nil || containerID != nil
                runtime = found.runtime
                containerID = found.id
                container = found.name
                isMachine = found.isMachine
                // A virtual machine has a scope as a container has, and is none.
                if place == names.indices.last, !isMachine { kind = .container }
            }
        }
    }

    private static func unitKind(_ name: String) -> Kind {
        let kinds: [Kind] = [.slice, .service, .scope]
        return kinds.first { name.hasSuffix(".\($0.rawValue)") && UnitName.isUnit(name) } ?? .other
    }

    /// `user-1000.slice`, or `user@1000.service` where the slice is out of sight.
    private static func user(_ name: String) -> UInt32? {
        if name.hasPrefix("user-"), name.hasSuffix(".slice") {
            return UInt32(name.dropFirst("user-".count).dropLast(".slice".count))
        }
        return UnitName.user(ofManager: name)
    }
}
