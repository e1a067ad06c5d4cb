internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy

/// A cgroup whose directories are held open since it was seen to be the one that is meant.
struct HeldTarget: Sendable {
    /// What was found at the path of a target.
    enum Finding: Sendable {
        case same(HeldTarget)
        /// Another cgroup has taken its path.
        case another
        case gone
        case unreadable(IOError)
    }

    let path: CgroupPath
    private let directories: [CgroupDirectory]

    /// Looks for a target: the first tree that has its path, in the order that names identities,
    /// tells whether it is the same.
    static func find(_ target: Effect.Target, in set: HierarchySet) -> Finding {
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

    /// Whether a directory that was opened by the path is this very cgroup's; one of another path
    /// is not this one's business.
    func admits(_ directory: CgroupDirectory) -> Bool {
        guard directory.path == path else { return true }
        return directories.contains {
            $0.inode == directory.inode && $0.hierarchy.label == directory.hierarchy.label
        }
    }

    /// Whether the cgroup itself is gone, rather than only its path: v1 can rename.
    var isRemoved: Bool {
        !directories.contains { (try? $0.text("cgroup.procs")) != nil }
    }

    /// Its identities in the trees that have it.
    var inodes: Set<UInt64> { Set(directories.map(\.inode)) }

    /// Whether an entry of the undo journal is about this very cgroup.
    func owns(_ entry: JournalEntry) -> Bool {
        directories.contains {
            $0.inode == entry.inode && $0.hierarchy.label == entry.hierarchy
        }
    }

    /// The first of some files that one of the trees has, and its text.
    func text(_ names: [String]) -> (file: String, text: String)? {
        for name in names {
            for directory in directories {
                if let text = try? directory.text(name) { return (name, text) }
            }
        }
        return nil
    }
}

/// Interface files that are written only in the cgroups that are held: where another one has taken
/// the path since, the write ends as it would in a removed cgroup.
struct HeldFiles: ControlFiles {
    let files: any ControlFiles
    let targets: [HeldTarget]

    var systemd: OwnerAwareFiles? {
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
            throw IOError("write \(value) to", name, code: IOError.goneCode)
        }
        try files.write(value, to: name, of: directory)
    }
}
