internal import KernelIO

/// The locks of the helpers that thaw cgroups at their deadlines: a cgroup has one at most.
struct ThawLocks {
    private static let prefix = "thaw-"
    private let folder: LockFolder

    /// Uses the folder `locks` of a state directory.
    init(in state: String) { folder = LockFolder("\(state)/locks") }

    /// Takes the lock of a cgroup's directory.
    func take(
        _ directory: borrowing OwnedDescriptor, within patience: Duration
    ) throws(IOError) -> LockFile {
        try folder.lock(
            "\(Self.prefix)\(directory.device)-\(directory.inode)", within: patience)
    }

    /// Removes the files that helpers left which were killed.
    func clear() {
        for name in folder.names where name.hasPrefix(Self.prefix) {
            folder.lockIfFree(name)?.remove()
        }
    }
}
