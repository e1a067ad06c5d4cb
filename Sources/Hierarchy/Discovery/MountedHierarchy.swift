public import CgroupModel
public import KernelIO

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
    /// Whether the files lack the controller's name: a cpuset mounted with `noprefix`, as on
    /// Android.
    let isUnprefixed: Bool
    /// The part of the hierarchy that is mounted, as this process's cgroup namespace shows it.
    let root: NamespacedPath
    /// Where the root of this process's cgroup namespace is below ``directory``, of a mount that
    /// shows ancestors of it; nil where that is not known.
    var namespacePath: CgroupPath?
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

    /// What an interface file is called here: `cpus` for `cpuset.cpus` where names lack the prefix.
    public func fileName(_ file: String) -> String {
        guard isUnprefixed, let dot = file.firstIndex(of: "."),
            Controller(name: String(file[..<dot])).map(controllers.contains) ?? false
        else { return file }
        return String(file[file.index(after: dot)...])
    }

    /// Whether the top has an interface file.
    func hasFileAtTop(_ file: String) -> Bool {
        let path = directory + Array("/\(fileName(file))".utf8)
        do throws(IOError) {
            _ = try OwnedDescriptor.file(path)
            return true
        } catch {
            return !error.isGone
        }
    }

    /// Opens the directory of a cgroup; EXDEV if another file system is mounted on it or above it.
    public func open(_ path: CgroupPath) throws(IOError) -> OwnedDescriptor {
        let top = try OwnedDescriptor.directory(directory)
        if path.isRoot { return top }
        do throws(IOError) {
            return try OwnedDescriptor.directory(path.relative, within: top.number)
        } catch {
            throw IOError(
                error.operation, (directory + path.bytes).pathText, code: error.code)
        }
    }

    /// Whether a v2 file may exist here: some do without their controller.
    func hasFile(_ file: String, of controller: Controller) -> Bool {
        switch controller {
        case .core, .freezer: true
        case _ where file.hasPrefix("cgroup."): true
        case .cpu, .cpuacct: file.hasPrefix("cpu.stat") || controllers.contains(.cpu)
        default: controllers.contains(controller)
        }
    }

    /// Turns a path of `/proc/PID/cgroup` into one of this tree; nil if it lies outside the mount.
    public func visiblePath(_ path: [UInt8]) -> CgroupPath? {
        let wanted = NamespacedPath(path)
        let climb = root.levelsUp - wanted.levelsUp
        guard climb >= 0 else { return nil }
        if climb == 0 {
            guard wanted.names.starts(with: root.names) else { return nil }
            return wanted.names.dropFirst(root.names.count).reduce(CgroupPath.root) { $0.child($1) }
        }
        // The kernel does not tell under which names the mount shows the namespace's own cgroups.
        guard root.names.isEmpty, var place = namespacePath else { return nil }
        for _ in 0..<wanted.levelsUp { place = place.parent ?? .root }
        return wanted.names.reduce(place) { $0.child($1) }
    }

    /// The path from the root of the cgroup namespace on, or from the mount's root where that shows
    /// ancestors of the namespace.
    public func namespacedPath(of path: CgroupPath) -> CgroupPath {
        guard root.levelsUp == 0, !root.names.isEmpty else { return path }
        return CgroupPath(
            normalising: root.names.reduce(CgroupPath.root) { $0.child($1) }.bytes + path.bytes)
    }

    /// The line of `/proc/PID/cgroup` that is about this tree.
    public func line(in lines: [ProcCgroup]) -> ProcCgroup? {
        lines.first { line in
            if version == .unified { return line.hierarchy == 0 }
            if let name, controllers.isEmpty { return line.controllers == ["name=\(name)"] }
            return line.controllers.contains {
                Controller(name: $0).map(controllers.contains) ?? false
            }
        }
    }
}
