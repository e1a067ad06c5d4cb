public import CgroupModel
internal import KernelIO

/// One cgroup tree: a v1 hierarchy with its controllers, or the unified one.
public struct MountedHierarchy: Hashable, Sendable {
    /// Which kernel interface it speaks.
    public enum Version: Hashable, Sendable { case legacy, unified }

    /// Which kernel interface it speaks.
    public let version: Version
    /// v1: the controllers mounted here; unified: those that v1 does not hold.
    public let controllers: [Controller]
    /// `NAME` of a v1 hierarchy mounted with `name=NAME`.
    public let name: String?
    /// The part of the hierarchy that is mounted, as this process's cgroup namespace shows it.
    public let root: [UInt8]
    /// Where it is mounted.
    public let mountPoint: [UInt8]
    /// The directory to open.
    public let directory: [UInt8]

    /// The name in `tree --json` and in messages: `cpu,cpuacct`, `name=systemd`, `unified`.
    public var label: String {
        if version == .unified { return "unified" }
        if let name, controllers.isEmpty { return "name=\(name)" }
        return controllers.compactMap(\.legacyName).joined(separator: ",")
    }

    /// The keys of `/proc/PID/cgroup` and JSON: each controller's unified name, or ``label``.
    public var keys: [String] {
        version == .unified || controllers.isEmpty ? [label] : controllers.map(\.rawValue)
    }

    /// Whether a v2 file may exist here: some do without their controller.
    func hasFile(_ file: String, of controller: Controller) -> Bool {
        switch controller {
        case .core, .freezer: true
        case .cpu, .cpuacct: file.hasPrefix("cpu.stat") || controllers.contains(.cpu)
        default: controllers.contains(controller)
        }
    }

    /// Turns a path of `/proc/PID/cgroup` into one of this tree; nil if it lies outside the mount.
    ///
    /// A mount that shows ancestors of the cgroup namespace (`/..`) shows the namespace's own
    /// cgroups too, but under names that the kernel does not tell.
    public func visiblePath(_ path: [UInt8]) -> CgroupPath? {
        let mounted = root == [0x2f] ? [] : root
        guard path.starts(with: mounted),
            path.count == mounted.count || path[mounted.count] == 0x2f
        else { return nil }
        let rest = Array(path.dropFirst(mounted.count))
        let climbs = rest == Self.above || rest.starts(with: Self.above + [0x2f])
        return climbs ? nil : CgroupPath(normalising: rest)
    }

    private static let above = Array("/..".utf8)
}
