internal import CgroupModel
internal import KernelIO

extension CgroupDirectory {
    /// The cgroups directly below.
    func children() throws(IOError) -> [CgroupDirectory] {
        let listing = try descriptor.reopened()
        var result: [CgroupDirectory] = []
        for entry in try listing.entries(path: path.description) where entry.isDirectory {
            // One that vanished meanwhile is none any more.
            if let child = try? CgroupDirectory(path.child(entry.name), in: hierarchy) {
                result.append(child)
            }
        }
        return result
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

    /// Makes a cgroup below this one (mkdirat(2)).
    func makeChild(_ name: [UInt8]) throws(IOError) -> CgroupDirectory {
        try descriptor.makeDirectory(name)
        return try CgroupDirectory(path.child(name), in: hierarchy)
    }

    /// Removes this very cgroup (unlinkat(2)); one that took its path since stays.
    func remove() throws(IOError) {
        guard let above = path.parent else { throw IOError("remove", "/", code: 16) }
        let parent = try CgroupDirectory(above, in: hierarchy)
        let name = Array(path.bytes[((path.bytes.lastIndex(of: 0x2f) ?? 0) + 1)...])
        try parent.descriptor.removeDirectory(name, inode: inode)
    }
}
