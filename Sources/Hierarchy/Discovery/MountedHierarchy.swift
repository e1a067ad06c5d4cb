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
    public func visiblePath(_ path: [UInt8]) -> CgroupPath? {
        if root.count <= 1 || root.starts(with: Array("/..".utf8)) {
            // A path that climbs out of the namespace is only right where the mount does too.
            let climbs = path.starts(with: Array("/..".utf8))
            guard climbs else {
                return root.count <= 1 ? CgroupPath(normalising: path) : nil
            }
            return nil
        }
        guard path.starts(with: root), path.count == root.count || path[root.count] == 0x2f
        else { return nil }
        return CgroupPath(normalising: Array(path.dropFirst(root.count)))
    }
}
