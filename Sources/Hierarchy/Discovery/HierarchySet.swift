public import CgroupModel
public import KernelIO

/// How the machine mounts its cgroups.
public enum HierarchyMode: String, Sendable {
    /// v1 trees alone.
    case legacy
    /// v1 trees for some controllers, and a v2 tree.
    case hybrid
    /// One v2 tree.
    case unified
}

/// All cgroup trees of the machine, and which of them has which controller.
public struct HierarchySet: Sendable {
    /// Where the trees were found.
    public let system: SystemRoot
    /// The trees: v1 in mount order, then the unified one.
    public let hierarchies: [MountedHierarchy]

    /// Reads `/proc/self/mountinfo`; throws if it cannot be read or no cgroup tree is mounted.
    public static func discover(_ system: SystemRoot = .live) throws(HierarchyError) -> HierarchySet
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
        // Of several mounts at one place the last one hides the others.
        let topmost = Dictionary(
            mounts.enumerated().map { ($1.mountPoint, $0) }, uniquingKeysWith: { max($0, $1) })
        for (index, mount) in mounts.enumerated()
        where mount.type == "cgroup" || mount.type == "cgroup2" {
            guard topmost[mount.mountPoint] == index else { continue }
            let found = MountedHierarchy(mount, system)
            // A mount further up may hide it too.
            if system.isLive, FilesystemMagic.isForeign(found.directory) { continue }
            if found.version == .unified {
                unified.append(found)
            } else if let known = devices[mount.device] {
                // The same tree mounted twice: the mount that shows more of it is the better one.
                if found.root.count < legacy[known].root.count { legacy[known] = found }
            } else {
                devices[mount.device] = legacy.count
                legacy.append(found)
            }
        }
        hierarchies =
            legacy + unified.sorted { $0.root.count < $1.root.count }.prefix(1)
        guard !hierarchies.isEmpty else { throw .notMounted }
    }

    private init(_ system: SystemRoot, _ hierarchies: [MountedHierarchy]) {
        self.system = system
        self.hierarchies = hierarchies
    }

    /// The same machine with some of its trees.
    public func only(_ wanted: [MountedHierarchy]) -> HierarchySet {
        HierarchySet(system, wanted)
    }

    /// How the machine mounts its cgroups.
    public var mode: HierarchyMode {
        guard hierarchies.contains(where: { $0.version == .unified }) else { return .legacy }
        return hierarchies.contains { $0.version == .legacy && !$0.controllers.isEmpty }
            ? .hybrid : .unified
    }

    /// The position of the unified tree.
    public var unified: Int? { hierarchies.firstIndex { $0.version == .unified } }

    /// The position of the v1 tree that has a controller.
    public func legacy(_ controller: Controller) -> Int? {
        hierarchies.firstIndex { $0.version == .legacy && $0.controllers.contains(controller) }
    }

    /// The trees in the order in which they name a cgroup's inode: memory, cpu, then the others.
    public var byIdentity: [Int] {
        let first = [Controller.memory, .cpu].compactMap {
            legacy($0)
        }
        return first + hierarchies.indices.filter { !first.contains($0) }
    }
}

extension MountedHierarchy {
    init(_ mount: MountInfo, _ system: SystemRoot) {
        root = mount.root
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

/// Why there is nothing to look at.
public enum HierarchyError: Error, CustomStringConvertible, Sendable {
    /// `/proc/self/mountinfo` cannot be read.
    case unreadable(IOError)
    /// No cgroup file system is mounted.
    case notMounted
    /// A path does not name a cgroup.
    case noSuchCgroup(String, similar: [String])

    /// The sentence for a person, with what to do.
    public var description: String {
        switch self {
        case .unreadable(let error):
            error.isPermission ? "\(error)" : "\(error); is /proc mounted?"
        case .notMounted:
            "no cgroup file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup"
        case .noSuchCgroup(let path, let similar):
            "no cgroup \(path)"
                + (similar.isEmpty
                    ? "; `cgwarden tree` lists what there is"
                    : "; did you mean \(similar.joined(separator: " or "))?")
        }
    }
}
