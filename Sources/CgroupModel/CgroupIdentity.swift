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
    /// The innermost systemd unit at or above the cgroup, as systemd writes it.
    public var unit: String?
    /// The innermost systemd slice at or above the cgroup.
    public var slice: String?
    /// `docker`, `containerd`, `cri-o`, `podman`, `lxc`, `nspawn`, …, of the container that the
    /// cgroup is or is within.
    public var runtime: String?
    /// The container's identifier, mostly 64 hexadecimal digits.
    public var containerID: String?
    /// The container's name: of a Kubernetes pod's container, the one in the pod's specification.
    public var container: String?
    /// What the container was made from.
    public var image: String?
    /// The name of the Kubernetes pod.
    public var pod: String?
    /// Its identifier, with dashes.
    public var podUID: String?
    /// Its namespace.
    public var namespace: String?
    /// Its class: `guaranteed`, `burstable` or `besteffort`.
    public var qos: String?
    /// Labels of the container with their values.
    public var labels: [String: String] = [:]

    /// What the path tells.
    public init(_ path: CgroupPath) {
        let names = path.bytes.split(separator: UInt8(ascii: "/")).map {
            Self.unescaped(CgroupPath.text($0))
        }
        kind = Self.kind(names)
        unit = names.last { name in Self.unitSuffixes.contains { name.hasSuffix($0) } }
        slice = names.last { $0.hasSuffix(".slice") }
    }

    private static let unitSuffixes = [
        ".slice", ".service", ".scope", ".mount", ".socket", ".swap",
    ]

    /// systemd puts `_` before a name that would look like an interface file.
    private static func unescaped(_ name: String) -> String {
        name.hasPrefix("_") ? String(name.dropFirst()) : name
    }

    private static func kind(_ names: [String]) -> Kind {
        guard let name = names.last else { return .other }
        if isPod(name, below: names.dropLast()) { return .pod }
        if isContainer(name, below: names.dropLast()) { return .container }
        if name.hasSuffix(".slice") { return .slice }
        if name.hasSuffix(".service") { return .service }
        if name.hasSuffix(".scope") { return .scope }
        return .other
    }

    /// `kubepods-burstable-podUID.slice`, or `podUID` below `kubepods`.
    private static func isPod(_ name: String, below parents: ArraySlice<String>) -> Bool {
        if name.hasPrefix("kubepods") { return name.hasSuffix(".slice") && name.contains("-pod") }
        return name.hasPrefix("pod") && parents.contains { $0.hasPrefix("kubepods") }
    }

    /// 64 hexadecimal digits, alone or as in `docker-ID.scope`; or a child of `lxc`.
    ///
    /// The monitor beside a container (`conmon`) is none.
    private static func isContainer(_ name: String, below parents: ArraySlice<String>) -> Bool {
        if name.hasPrefix("lxc.payload.") || parents == ["lxc"] { return true }
        let stem = name.hasSuffix(".scope") ? name.dropLast(".scope".count) : name[...]
        let parts = stem.split(separator: "-")
        guard let id = parts.last, id.utf8.count == 64, !parts.contains("conmon") else {
            return false
        }
        return id.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }
}
