package import CgroupModel
package import KernelIO

/// All cgroup hierarchies of a host and their controllers.
package struct HierarchySet: Sendable {
    /// The root that the hierarchies were discovered in.
    package let system: SystemRoot
    /// The hierarchies: v1 in mount order, then the unified one.
    package let hierarchies: [MountedHierarchy]

    /// Discovers the hierarchies from `/proc/self/mountinfo`.
    ///
    /// Throws if the file cannot be read or no cgroup file system is mounted.
    package static func discover(_ system: SystemRoot = .live) throws(HierarchyError)
        -> HierarchySet
    {
        let bytes: [UInt8]
        do throws(IOError) {
            bytes = try ReadBuffer.contents(of: system.proc("self/mountinfo"))
        } catch {
            throw .unreadable(error)
        }
        return try HierarchySet(system, mounts: MountInfo.parse(bytes))
    }

    init(_ system: SystemRoot, mounts: [MountInfo]) throws(HierarchyError) {
        self.system = system
        var legacy: [MountedHierarchy] = []
        var unified: [MountedHierarchy] = []
        var devices: [[UInt8]: Int] = [:]
        // Of several mounts at one mount point, the last one hides the others.
        let topmost = Dictionary(
            mounts.enumerated().map { ($1.mountPoint, $0) }, uniquingKeysWith: { max($0, $1) })
        for (index, mount) in mounts.enumerated()
        where mount.type == "cgroup" || mount.type == "cgroup2" {
            guard topmost[mount.mountPoint] == index, system.admits(mount.mountPoint) else {
                continue
            }
            let found = MountedHierarchy(mount, system)
            // A mount on a parent directory may also hide it.
            if system.isLive, FilesystemMagic.isForeign(found.directory) { continue }
            if found.version == .unified {
                unified.append(found)
            } else if let known = devices[mount.device] {
                // The same hierarchy mounted twice: keep the mount that shows more of it.
                if found.root.showsMore(than: legacy[known].root) { legacy[known] = found }
            } else {
                devices[mount.device] = legacy.count
                legacy.append(found)
            }
        }
        let best = unified.dropFirst().reduce(unified.first) { best, next in
            best.map { next.root.showsMore(than: $0.root) ? next : $0 }
        }
        hierarchies = (legacy + [best].compactMap { $0 }).map { $0.withNamespacePath(system) }
        if hierarchies.isEmpty {
            throw system.cgroupRoot.map { .notMountedAt($0.pathText) } ?? .notMounted
        }
    }

    private init(_ system: SystemRoot, _ hierarchies: [MountedHierarchy]) {
        self.system = system
        self.hierarchies = hierarchies
    }

    /// The same host, restricted to some of its hierarchies.
    package func only(_ wanted: [MountedHierarchy]) -> HierarchySet {
        HierarchySet(system, wanted)
    }

    /// The cgroup versions mounted on the host.
    package var mode: HierarchyMode {
        guard hierarchies.contains(where: { $0.version == .unified }) else { return .v1 }
        return hierarchies.contains { $0.version == .legacy && !$0.controllers.isEmpty }
            ? .hybrid : .v2
    }

    /// The index of the unified hierarchy; nil if it is not mounted.
    package var unified: Int? { hierarchies.firstIndex { $0.version == .unified } }

    /// The index of the v1 hierarchy with a controller; nil if there is none.
    package func legacy(_ controller: Controller) -> Int? {
        hierarchies.firstIndex { $0.version == .legacy && $0.controllers.contains(controller) }
    }

    /// The controllers that are mounted as v1.
    package var legacyControllers: Set<Controller> {
        Set(Controller.allCases.filter { legacy($0) != nil })
    }

    /// The index of the hierarchy with a controller, of either version.
    private func tree(with controller: Controller) -> Int? {
        legacy(controller)
            ?? unified.flatMap { hierarchies[$0].controllers.contains(controller) ? $0 : nil }
    }

    /// The indices of the hierarchies, in the order in which they determine a cgroup's inode.
    ///
    /// The hierarchies with memory and cpu come first.
    package var byIdentity: [Int] {
        var order = [Controller.memory, .cpu].compactMap(tree)
        for index in hierarchies.indices where !order.contains(index) { order.append(index) }
        return order
    }
}

extension MountedHierarchy {
    init(_ mount: MountInfo, _ system: SystemRoot) {
        root = NamespacedPath(mount.root)
        isUnprefixed = mount.type == "cgroup" && mount.options.contains("noprefix")
        namespacePath = nil
        mountPoint = mount.mountPoint
        directory = system.directory(of: mount.mountPoint)
        if mount.type == "cgroup2" {
            version = .unified
            name = nil
            let listed = try? ReadBuffer.contents(
                of: directory + Array("/cgroup.controllers".utf8))
            controllers = String(decoding: listed ?? [], as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).compactMap { Controller(name: String($0)) }
        } else {
            version = .legacy
            controllers = mount.options.compactMap { Controller(name: $0) }.sorted()
            name = mount.options.first { $0.hasPrefix("name=") }.map { String($0.dropFirst(5)) }
        }
    }
}

/// An error in finding hierarchies or cgroups.
package enum HierarchyError: Error, CustomStringConvertible, Sendable {
    /// `/proc/self/mountinfo` cannot be read.
    case unreadable(IOError)
    /// No cgroup file system is mounted.
    case notMounted
    /// No cgroup file system is mounted at or below a directory.
    case notMountedAt(String)
    /// The path is not that of a cgroup.
    case noSuchCgroup(String, similar: [String])

    /// The message, with the remedy.
    package var description: String {
        switch self {
        case .unreadable(let error):
            error.isPermission ? "\(error)" : "\(error); is /proc mounted?"
        case .notMounted:
            "no cgroup file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup"
        case .notMountedAt(let place):
            "no cgroup file system is mounted at \(place) or below it; "
                + "`findmnt -t cgroup,cgroup2` lists those that are"
        case .noSuchCgroup(let path, let similar):
            "no cgroup \(path)"
                + (similar.isEmpty
                    ? "; `cgwarden tree` lists the cgroups" : "; \(Spelling.question(similar))")
        }
    }
}
