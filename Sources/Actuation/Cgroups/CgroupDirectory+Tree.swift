internal import CgroupModel
internal import Hierarchy
internal import KernelIO

extension CgroupDirectory {
    /// Returns the child cgroups, without children removed since the listing.
    ///
    /// Throws if a child cannot be opened.
    func children() throws(IOError) -> [CgroupDirectory] {
        var result: [CgroupDirectory] = []
        for path in try childPaths() {
            if let child = try Self.existing(path, in: hierarchy) { result.append(child) }
        }
        return result
    }

    /// Returns the paths of the child cgroups.
    func childPaths() throws(IOError) -> [CgroupPath] { try listed().map(\.path) }

    /// Returns the paths and inodes of the child cgroups.
    private func listed() throws(IOError) -> [(path: CgroupPath, inode: UInt64)] {
        let listing = try descriptor.reopened()
        return try listing.entries(path: path.description).filter(\.isDirectory).map {
            (path.child($0.name), $0.inode)
        }
    }

    /// Returns this cgroup and its descendants, each before its own descendants.
    ///
    /// Throws if one of them cannot be opened or listed.
    func subtree() throws(IOError) -> [CgroupDirectory] {
        var result = [self]
        var next = 0
        while next < result.count {
            do throws(IOError) {
                result += try result[next].children()
            } catch {
                // A descendant removed in the meantime has no children.
                guard error.isGone, next > 0 else { throw error }
            }
            next += 1
        }
        return result
    }

    /// Calls `body` with this cgroup and its descendants, each before its own descendants.
    ///
    /// Keeps only one descendant open at a time, because a host can have more cgroups than a
    /// process may open. Skips cgroups removed since the listing, even if new ones have their
    /// paths. With `skippingCovered`, also skips cgroups that a mount covers. Any other error is
    /// thrown after the remaining cgroups were visited.
    func visit(
        skippingCovered: Bool = false, _ body: (CgroupDirectory) throws(IOError) -> Void
    ) throws(IOError) {
        var failure: IOError?
        var next = try visitAlone(body, &failure)
        while let (path, inode) = next.popLast() {
            do throws(IOError) {
                let cgroup = try CgroupDirectory(path, in: hierarchy)
                guard cgroup.inode == inode else { continue }
                next += try cgroup.visitAlone(body, &failure)
            } catch {
                if error.isGone || skippingCovered && error.isCovered { continue }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Calls `body` with this cgroup, and returns its children.
    ///
    /// Sets `failure` to the error of `body` if it is the first one.
    private func visitAlone(
        _ body: (CgroupDirectory) throws(IOError) -> Void, _ failure: inout IOError?
    ) throws(IOError) -> [(path: CgroupPath, inode: UInt64)] {
        do throws(IOError) {
            try body(self)
        } catch {
            if !error.isGone { failure = failure ?? error }
        }
        return try listed()
    }

    /// Returns the processes of this cgroup and its descendants.
    ///
    /// 0 means a process in another PID namespace. A cgroup removed in the meantime has none.
    func processesBelow() throws(IOError) -> Set<Int32> {
        var result: Set<Int32> = []
        try visit { cgroup throws(IOError) in result.formUnion(try cgroup.processes()) }
        return result
    }

    /// Calls ``processesBelow()``; the error names the cgroup and advises what to do.
    func members() throws(ActuationError) -> Set<Int32> {
        try reporting { () throws(IOError) in try processesBelow() }
    }

    /// Creates a child cgroup (mkdirat(2)) that processes can be moved into.
    ///
    /// A new v1 cpuset is empty and admits no process, so it copies its parent's lists.
    func makeChild(
        _ name: some Sequence<UInt8>, files: any ControlFiles = KernelControlFiles()
    ) throws(IOError) -> CgroupDirectory {
        try descriptor.makeDirectory(Array(name))
        let child = try CgroupDirectory(path.child(name), in: hierarchy)
        do throws(IOError) {
            try child.inherit(from: self, files)
            return child
        } catch {
            try? child.remove()
            throw error
        }
    }

    /// Copies the parent's lists into an empty v1 cpuset.
    func inherit(from parent: CgroupDirectory, _ files: any ControlFiles) throws(IOError) {
        guard hierarchy.version == .legacy, hierarchy.controllers.contains(.cpuset) else { return }
        for file in ["cpuset.cpus", "cpuset.mems"] where try files.text(file, of: self).isEmpty {
            let inherited = try files.text(file, of: parent)
            if !inherited.isEmpty { try files.write(inherited, to: file, of: self) }
        }
    }

    /// Removes exactly this cgroup and its descendants, bottom-up, and returns their number.
    ///
    /// Retries for up to 2 s while a process is exiting or new cgroups appear.
    func removeTree(each removed: (CgroupDirectory) -> Void = { _ in }) throws(IOError) -> Int {
        var count = 0
        var failure: IOError?
        _ = Deadline(after: .seconds(2)).wait { () throws(Never) -> Bool in
            do throws(IOError) {
                for cgroup in try subtree().reversed() {
                    try cgroup.remove()
                    removed(cgroup)
                    count += 1
                }
                failure = nil
            } catch {
                // Another process may be removing part of the subtree at the same time.
                failure = error.isGone && isKnownGone ? nil : error
            }
            return failure.map { !($0.isBusy || $0.isGone) } ?? true
        }
        if let failure { throw failure }
        return count
    }

    /// Removes exactly this cgroup (unlinkat(2)); a later one at the same path stays.
    func remove() throws(IOError) {
        guard let above = path.parent else { throw IOError("remove", "/", .busy) }
        let parent = try CgroupDirectory(above, in: hierarchy)
        try parent.descriptor.removeDirectory(path.lastName, inode: inode)
    }
}

extension CgroupPath {
    /// The bytes after the last slash.
    var lastName: [UInt8] { Array(bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0) + 1)...]) }
}
