internal import KernelIO

/// The locks of the helpers that thaw cgroups at their deadlines, at most one per cgroup.
struct ThawLocks {
    private static let prefix = "thaw-"
    private let folder: LockFolder

    /// Uses the directory `locks` in a state directory.
    init(in state: String) { folder = LockFolder("\(state)/locks") }

    /// Takes the lock of a cgroup, identified by its directory's device and inode.
    func take(
        _ directory: borrowing OwnedDescriptor, within patience: Duration
    ) throws(IOError) -> LockFile {
        try folder.lock(
            "\(Self.prefix)\(directory.device)-\(directory.inode)", within: patience)
    }

    /// Removes the lock files of helpers that were killed.
    func clear() {
        for name in folder.names where name.hasPrefix(Self.prefix) {
            folder.lockIfFree(name)?.remove()
        }
    }
}
