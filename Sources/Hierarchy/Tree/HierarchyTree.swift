internal import CgroupModel
internal import KernelIO

/// The directories of one hierarchy, kept current between ticks.
struct HierarchyTree: ~Copyable {
    private struct Directory {
        let inode: UInt64
        var watch: Int32?
        /// The names of the children found by the last listing.
        var children: [[UInt8]] = []
    }

    /// A change in the hierarchy.
    enum Change {
        case born(CgroupPath, inode: UInt64)
        case died(CgroupPath)
        /// A process wrote to one of the cgroup's files; settings there and below may differ now.
        case written(CgroupPath)
    }

    let hierarchy: MountedHierarchy
    let scope: SampleScope
    /// The descriptor for poll(2), readable once something changed; nil without a watch.
    let notices: Int32?
    private let root: OwnedDescriptor
    /// The device whose directories count their children as links; nil for a captured tree.
    private let linkedDevice: UInt64?
    private var directories: [CgroupPath: Directory] = [:]
    private var watch: DirectoryWatch?
    private var pathOfWatch: [Int32: CgroupPath] = [:]
    /// Directories that could not be watched and must be listed at every update.
    private var unwatched: Set<CgroupPath> = []
    /// Directories whose last listing failed, so that their children are unknown.
    private var unlisted: Set<CgroupPath> = []

    init(
        _ hierarchy: MountedHierarchy, scope: SampleScope, watching: Bool
    ) throws(IOError) {
        self.hierarchy = hierarchy
        self.scope = scope
        root = try OwnedDescriptor.directory(hierarchy.directory)
        linkedDevice = FilesystemMagic.isForeign(hierarchy.directory) ? nil : root.device
        let watch = watching ? DirectoryWatch() : nil
        notices =
            switch watch {
            case .some(let watch): watch.number
            case nil: nil
            }
        self.watch = watch
    }

    /// Whether every write to a file of any directory is noticed.
    var seesWrites: Bool { watch != nil && unwatched.isEmpty }

    /// Returns all cgroups at the first call, and later the changes since the last call.
    ///
    /// `suspects` are directories known to have lost a child.
    mutating func update(suspects: Set<CgroupPath>) -> [Change] {
        var changes: [Change] = []
        guard !directories.isEmpty else {
            // If the root cannot be opened now, the next update tries again.
            if let inode = inode(of: .root) { enter(.root, inode, &changes) }
            return changes
        }
        var stale = suspects.union(unwatched).union(unlisted)
        if watch == nil {
            stale.formUnion(directories.keys)
        } else if let report = watch?.drain() {
            if report.overflowed {
                stale.formUnion(directories.keys)
                changes += directories.keys.map { .written($0) }
            }
            stale.formUnion(report.changed.compactMap { pathOfWatch[$0] })
            changes += report.written.compactMap { pathOfWatch[$0] }.map { .written($0) }
        }
        for path in stale.sorted() { refresh(path, &changes) }
        return changes
    }

    private mutating func refresh(_ path: CgroupPath, _ changes: inout [Change]) {
        guard directories[path] != nil else { return }
        guard let listed = scope.descends(into: path) ? children(path) : [] else { return }
        let found = Dictionary(listed.map { ($0.name, $0.inode) }) { $1 }
        for name in directories[path]?.children ?? [] {
            let child = path.child(name)
            if found[name] != directories[child]?.inode { leave(child, &changes) }
        }
        directories[path]?.children = listed.map(\.name)
        for (name, inode) in listed where directories[path.child(name)] == nil {
            enter(path.child(name), inode, &changes)
        }
    }

    private mutating func enter(
        _ path: CgroupPath, _ inode: UInt64, _ changes: inout [Change]
    ) {
        // Depth-first without recursion, because the depth is not bounded.
        var waiting = [(path, inode)]
        while let (path, inode) = waiting.popLast() {
            var directory = Directory(inode: inode)
            let descends = scope.descends(into: path)
            // Add the watch before listing, so that no child created in between is missed.
            if descends { directory.watch = addWatch(path) }
            let listed = descends ? children(path) ?? [] : []
            directory.children = listed.map(\.name)
            directories[path] = directory
            if scope.contains(path) { changes.append(.born(path, inode: inode)) }
            for (name, inode) in listed.reversed() { waiting.append((path.child(name), inode)) }
        }
    }

    private mutating func leave(_ path: CgroupPath, _ changes: inout [Change]) {
        guard let directory = directories.removeValue(forKey: path) else { return }
        for name in directory.children { leave(path.child(name), &changes) }
        if let number = directory.watch {
            watch?.remove(number)
            pathOfWatch[number] = nil
        }
        unwatched.remove(path)
        unlisted.remove(path)
        if scope.contains(path) { changes.append(.died(path)) }
    }

    private mutating func addWatch(_ path: CgroupPath) -> Int32? {
        guard watch != nil else { return nil }
        let full = path.isRoot ? hierarchy.directory : hierarchy.directory + path.bytes
        guard let number = watch?.add(full) else {
            unwatched.insert(path)
            return nil
        }
        pathOfWatch[number] = path
        return number
    }

    private func inode(of path: CgroupPath) -> UInt64? {
        guard let opened = try? OwnedDescriptor.directory(path.relative, within: root.number) else {
            return nil
        }
        return opened.inode
    }

    /// Lists the child directories in the order of their names; nil if the kernel cannot list them
    /// now.
    ///
    /// The reason may be EMFILE, EACCES, or EXDEV for a directory with another file system mounted
    /// on it. None of these means that there are no children.
    private mutating func children(_ path: CgroupPath) -> [(name: [UInt8], inode: UInt64)]? {
        if let linkedDevice, root.isChildless(path.relative, on: linkedDevice) {
            unlisted.remove(path)
            return []
        }
        do throws(IOError) {
            let opened = try OwnedDescriptor.directory(path.relative, within: root.number)
            let entries = try opened.entries(path: path.description)
            unlisted.remove(path)
            return entries.lazy.filter(\.isDirectory).map { ($0.name, $0.inode) }
                .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        } catch {
            if error.isGone { return [] }
            unlisted.insert(path)
            return nil
        }
    }
}
