internal import CgroupModel
internal import Hierarchy
internal import KernelIO

extension CgroupDirectory {
    /// The cgroups directly below, without those that are removed meanwhile.
    func children() throws(IOError) -> [CgroupDirectory] {
        try childPaths().compactMap { try? CgroupDirectory($0, in: hierarchy) }
    }

    /// The paths of the cgroups directly below.
    func childPaths() throws(IOError) -> [CgroupPath] {
        let listing = try descriptor.reopened()
        return try listing.entries(path: path.description).filter(\.isDirectory).map {
            path.child($0.name)
        }
    }

    /// This cgroup and all below it, each before its descendants.
    func subtree() throws(IOError) -> [CgroupDirectory] {
        var result = [self]
        var next = 0
        while next < result.count {
            result += try result[next].children()
            next += 1
        }
        return result
    }

    /// The processes of this cgroup and of all below it.
    ///
    /// 0 stands for those of a foreign pid namespace; a cgroup that vanishes meanwhile has none.
    func processesBelow() throws(IOError) -> Set<Int32> {
        var result: Set<Int32> = []
        for directory in try subtree() {
            do throws(IOError) {
                result.formUnion(try directory.processes())
            } catch  where error.isGone {
                continue
            }
        }
        return result
    }

    /// Makes a cgroup below this one (mkdirat(2)), into which processes can be moved: on v1 a new
    /// cpuset is empty and lets nobody in, so it gets what this one has.
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

    /// Fills an empty cpuset of v1 with what the parent has.
    func inherit(from parent: CgroupDirectory, _ files: any ControlFiles) throws(IOError) {
        guard hierarchy.version == .legacy, hierarchy.controllers.contains(.cpuset) else { return }
        for file in ["cpuset.cpus", "cpuset.mems"] where try files.text(file, of: self).isEmpty {
            let inherited = try files.text(file, of: parent)
            if !inherited.isEmpty { try files.write(inherited, to: file, of: self) }
        }
    }

    /// Removes this very cgroup and all below it, bottom-up; returns how many there were.
    ///
    /// A process that is just ending, and what is made meanwhile, is waited for.
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
                // Something else may remove a part of it at the same time.
                failure = error.isGone && !isCurrent ? nil : error
            }
            return failure.map { !($0.isBusy || $0.isGone) } ?? true
        }
        if let failure { throw failure }
        return count
    }

    /// Removes this very cgroup (unlinkat(2)); one that took its path since stays.
    func remove() throws(IOError) {
        guard let above = path.parent else { throw IOError("remove", "/", code: 16) }
        let parent = try CgroupDirectory(above, in: hierarchy)
        try parent.descriptor.removeDirectory(path.lastName, inode: inode)
    }
}

extension CgroupPath {
    /// The bytes behind the last slash.
    var lastName: [UInt8] { Array(bytes[((bytes.lastIndex(of: 0x2f) ?? 0) + 1)...]) }
}
