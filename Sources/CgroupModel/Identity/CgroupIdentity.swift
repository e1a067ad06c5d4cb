/// The identity of a cgroup for people: a unit, a container, a pod.
///
/// ``init(_:)`` uses the path alone. Names, images and labels that only a container runtime knows
/// are added if its state can be read. Nil means unknown or none.
package struct CgroupIdentity: Hashable, Sendable {
    /// The type of a path's last component.
    package enum Kind: String, Sendable, CaseIterable {
        case slice, service, scope, container, pod, other
    }

    /// The type of the last path component.
    package var kind: Kind
    /// The innermost systemd unit at or above the cgroup, in systemd's spelling.
    ///
    /// ``UnitName/readable(_:)`` converts it for display.
    package var unit: String?
    /// The innermost systemd slice at or above the cgroup.
    package var slice: String?
    /// The ID of the user whose systemd, session or rootless runtime the cgroup belongs to.
    package var user: UInt32?
    /// The runtime of the innermost container that the cgroup is or belongs to.
    ///
    /// Examples: `docker`, `containerd`, `cri-o`, `podman`, `lxc`, `nspawn`, `qemu` (a libvirt
    /// virtual machine).
    package var runtime: String?
    /// The container ID, usually 64 hexadecimal digits; nil for LXC and nspawn.
    package var containerID: String?
    /// The container name; in a Kubernetes pod, the name from the pod's specification.
    package var container: String?
    /// Whether the container or pod is inside another container, so only a runtime in there knows
    /// it.
    package var isNested = false
    /// Whether the container is a virtual machine.
    package var isMachine = false
    /// The container's image.
    package var image: String?
    /// The name of the Kubernetes pod.
    package var pod: String?
    /// The pod's UID, with dashes; a static pod has none.
    package var podUID: String?
    /// The pod's namespace.
    package var namespace: String?
    /// The pod's QoS class: `guaranteed`, `burstable` or `besteffort`.
    package var qos: String?
    /// The container's labels, if its runtime records them.
    package var labels: [String: String] = [:]

    /// Whether the cgroup is or belongs to a container or pod, so that a runtime may know more.
    package var isContained: Bool {
        runtime != nil || containerID != nil || container != nil || podUID != nil
    }

    /// Derives the identity from a path.
    package init(_ path: CgroupPath) {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map {
            UnitName.ofCgroup(CgroupPath.text($0))
        }
        kind = names.last.map(Self.unitKind) ?? .other
        unit = names.last(where: UnitName.isUnit)
        slice = names.last { $0.hasSuffix(".slice") && UnitName.isUnit($0) }
        for place in names.indices {
            // User 1000 inside a container is not the host's user 1000.
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
                // A virtual machine also has a scope, but is not a container.
                if place == names.indices.last, !isMachine { kind = .container }
            }
        }
    }

    private static func unitKind(_ name: String) -> Kind {
        let kinds: [Kind] = [.slice, .service, .scope]
        return kinds.first { name.hasSuffix(".\($0.rawValue)") && UnitName.isUnit(name) } ?? .other
    }

    /// Parses `user-1000.slice`, or `user@1000.service` if the slice is not visible.
    private static func user(_ name: String) -> UInt32? {
        if name.hasPrefix("user-"), name.hasSuffix(".slice") {
            return UInt32(name.dropFirst("user-".count).dropLast(".slice".count))
        }
        return UnitName.user(ofManager: name)
    }
}
