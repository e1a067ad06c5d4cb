package import CgroupModel
package import KernelIO

/// A cgroup hierarchy: a v1 hierarchy with its controllers, or the unified one.
package struct MountedHierarchy: Hashable, Sendable {
    /// The cgroup version of a hierarchy.
    package enum Version: Hashable, Sendable { case legacy, unified }

    /// The cgroup version.
    package let version: Version
    /// The controllers: in v1 those mounted here, in v2 those that v1 does not use.
    package let controllers: [Controller]
    /// The `NAME` of a v1 hierarchy mounted with `name=NAME`.
    package let name: String?
    /// Whether file names lack the controller prefix: a cpuset mounted with `noprefix`, as on
    /// Android.
    let isUnprefixed: Bool
    /// The directory of the hierarchy that is mounted, as seen in this process's cgroup namespace.
    let root: NamespacedPath
    /// The root of this process's cgroup namespace, relative to ``directory``.
    ///
    /// Set only for a mount that shows ancestors of that root; nil if it was not found.
    var namespacePath: CgroupPath?
    /// The mount point.
    package let mountPoint: [UInt8]
    /// The directory to open for the root cgroup.
    package let directory: [UInt8]

    /// The name in messages and `tree --json`: `cpu,cpuacct`, `name=systemd`, `unified`.
    package var label: String {
        if version == .unified { return "unified" }
        if let name, controllers.isEmpty { return "name=\(name)" }
        return controllers.compactMap(\.legacyName).joined(separator: ",")
    }

    /// The names that select and label it: each v1 controller's unified name, or else ``label``.
    package var keys: [String] {
        version == .unified || controllers.isEmpty ? [label] : controllers.map(\.rawValue)
    }

    /// The name of an interface file here: `cpus` for `cpuset.cpus` if the prefix is missing.
    package func fileName(_ file: String) -> String {
        guard isUnprefixed, let dot = file.firstIndex(of: "."),
            Controller(name: String(file[..<dot])).map(controllers.contains) ?? false
        else { return file }
        return String(file[file.index(after: dot)...])
    }

    /// Whether the root cgroup has an interface file; true if that cannot be determined.
    func hasFileAtTop(_ file: String) -> Bool {
        let path = directory + Array("/\(fileName(file))".utf8)
        do throws(IOError) {
            _ = try OwnedDescriptor.file(path)
            return true
        } catch {
            return !error.isGone
        }
    }

    /// Opens a cgroup's directory; throws EXDEV if another file system is mounted on it or a
    /// parent, and ENOENT for a path with `.` or `..`.
    package func open(_ path: CgroupPath) throws(IOError) -> OwnedDescriptor {
        if path.hasDots {
            throw IOError("open", (directory + path.bytes).pathText, .notFound)
        }
        let top = try OwnedDescriptor.directory(directory)
        if path.isRoot { return top }
        do throws(IOError) {
            return try OwnedDescriptor.directory(path.relative, within: top.number)
        } catch {
            throw IOError(
                error.operation, (directory + path.bytes).pathText, code: error.code)
        }
    }

    /// Whether a v2 file may exist here; some exist even without their controller.
    func hasFile(_ file: String, of controller: Controller) -> Bool {
        switch controller {
        case .core, .freezer: true
        case _ where file.hasPrefix("cgroup."): true
        case .cpu, .cpuacct: file.hasPrefix("cpu.stat") || controllers.contains(.cpu)
        default: controllers.contains(controller)
        }
    }

    /// Converts a path in `/proc/PID/cgroup` to one of this mount; nil if it is outside the mount.
    package func visiblePath(_ path: [UInt8]) -> CgroupPath? {
        let wanted = NamespacedPath(path)
        let climb = root.levelsUp - wanted.levelsUp
        guard climb >= 0 else { return nil }
        if climb == 0 {
            guard wanted.names.starts(with: root.names) else { return nil }
            return wanted.names.dropFirst(root.names.count).reduce(CgroupPath.root) { $0.child($1) }
        }
        // The kernel does not report where the namespace's root is in the mount.
        guard root.names.isEmpty, var place = namespacePath else { return nil }
        for _ in 0..<wanted.levelsUp { place = place.parent ?? .root }
        return wanted.names.reduce(place) { $0.child($1) }
    }

    /// Converts a path of this mount to one from the root of the cgroup namespace; unchanged if the
    /// mount shows ancestors of that root.
    package func namespacedPath(of path: CgroupPath) -> CgroupPath {
        guard root.levelsUp == 0, !root.names.isEmpty else { return path }
        return CgroupPath(
            normalising: root.names.reduce(CgroupPath.root) { $0.child($1) }.bytes + path.bytes)
    }

    /// The line of `/proc/PID/cgroup` for this hierarchy; nil if there is none.
    package func line(in lines: [ProcCgroup]) -> ProcCgroup? {
        lines.first { line in
            if version == .unified { return line.hierarchy == 0 }
            if let name, controllers.isEmpty { return line.controllers == ["name=\(name)"] }
            return line.controllers.contains {
                Controller(name: $0).map(controllers.contains) ?? false
            }
        }
    }
}
