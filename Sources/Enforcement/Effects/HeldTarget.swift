internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy

/// A cgroup whose directories stay open once its identity has been verified.
struct HeldTarget: Sendable {
    /// The result of looking up a target's path.
    enum Lookup: Sendable {
        case same(HeldTarget)
        /// The path belongs to another cgroup now.
        case another
        case gone
        case unreadable(IOError)
    }

    let path: CgroupPath
    private let directories: [CgroupDirectory]

    /// Looks up a target.
    ///
    /// The first hierarchy with its path, in identity order, shows whether the cgroup is the same.
    static func find(_ target: Effect.Target, in set: HierarchySet) -> Lookup {
        var found: [CgroupDirectory] = []
        for index in set.byIdentity {
            do throws(IOError) {
                found.append(try CgroupDirectory(target.path, in: set.hierarchies[index]))
            } catch {
                if !error.isGone { return .unreadable(error) }
            }
        }
        guard let first = found.first else { return .gone }
        guard first.inode == target.cgroup.inode else { return .another }
        return .same(HeldTarget(path: target.path, directories: found))
    }

    /// Whether a directory belongs to this cgroup; directories of other paths are always admitted.
    func admits(_ directory: CgroupDirectory) -> Bool {
        guard directory.path == path else { return true }
        return directories.contains {
            $0.inode == directory.inode && $0.hierarchy.label == directory.hierarchy.label
        }
    }

    /// Whether the cgroup was removed, rather than renamed (v1); false if that is unknown.
    var isRemoved: Bool {
        directories.allSatisfy { directory in
            do throws(IOError) {
                _ = try directory.text("cgroup.procs")
                return false
            } catch {
                return error.isGone
            }
        }
    }

    /// Its inodes in all hierarchies that have it.
    var inodes: Set<UInt64> { Set(directories.map(\.inode)) }

    /// Whether an undo journal entry refers to this cgroup.
    func owns(_ entry: JournalEntry) -> Bool {
        directories.contains {
            $0.inode == entry.inode && $0.hierarchy.label == entry.hierarchy
        }
    }

    /// Returns the first of several files that a hierarchy has, with its text.
    func text(_ names: [String]) -> (file: String, text: String)? {
        for name in names {
            for directory in directories {
                if let text = try? directory.text(name) { return (name, text) }
            }
        }
        return nil
    }
}

/// Interface files that are written only in the held cgroups.
///
/// If another cgroup has taken a path, the write fails as it does in a removed cgroup.
struct HeldFiles: SystemdRouting {
    let files: any ControlFiles
    let targets: [HeldTarget]

    var throughSystemd: OwnerAwareFiles? {
        files.systemd?.limited { [targets] in Self.admit($0, targets) }
    }

    var ofKubelet: any ControlFiles { HeldFiles(files: files.ofKubelet, targets: targets) }

    private static func admit(_ directory: CgroupDirectory, _ targets: [HeldTarget]) -> Bool {
        targets.allSatisfy { $0.admits(directory) }
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try files.text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        guard Self.admit(directory, targets) else {
            throw IOError("write \(value) to", name, .noDevice)
        }
        try files.write(value, to: name, of: directory)
    }
}
