internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Checks a list of CPUs or memory nodes before it is written to a cgroup.
struct CpusetCheck {
    /// The nearest ancestor with a list.
    struct Ancestor {
        let path: CgroupPath
        let list: RangeList
    }

    let directory: CgroupDirectory
    let files: any ControlFiles

    /// Throws if the kernel would refuse a list, or if none of it would apply.
    ///
    /// v1 refuses a list that exceeds the parent's (EACCES) or excludes part of a child's (EBUSY).
    /// v2 accepts any list, and uses the parent's if they have nothing in common. Returns the
    /// ancestor that the list was compared with; nil if there is none.
    @discardableResult
    func check(_ wanted: RangeList, for file: String) throws(ActuationError) -> Ancestor? {
        guard directory.hierarchy.version == .unified else {
            let ancestor = try nearest(file)
            if let ancestor, !wanted.isSubset(of: ancestor.list) {
                let advice = ancestor.path.isRoot ? "" : ", or widen \(ancestor.path) first"
                throw excess(of: wanted, for: file, over: ancestor, advice: advice)
            }
            try checkChildren(wanted, for: file)
            return ancestor
        }
        // An empty list means everything that the parent has.
        guard !wanted.isEmpty else { return nil }
        // On v2, cpuset may be disabled all the way up to the root.
        let ancestor = try nearest(CpusetFile.effective(file, isUnified: true) ?? file)
        if let ancestor, wanted.intersection(ancestor.list).isEmpty {
            throw excess(of: wanted, for: file, over: ancestor)
        }
        return ancestor
    }

    private func excess(
        of wanted: RangeList, for file: String, over ancestor: Ancestor, advice: String = ""
    ) -> ActuationError {
        ActuationError(
            .outOfRange,
            "cannot set \(file) of \(directory.path) to \(wanted): \(ancestor.path) has "
                + "\(ancestor.list); choose from these\(advice)")
    }

    private func checkChildren(_ wanted: RangeList, for file: String) throws(ActuationError) {
        // Opened one by one, because a host has more cgroups than a process may open.
        for path in try directory.reporting(directory.childPaths) {
            let child = try directory.reporting { () throws(IOError) in
                try CgroupDirectory.existing(path, in: directory.hierarchy)
            }
            guard let child, let held = try list(file, of: child), !held.isSubset(of: wanted) else {
                continue
            }
            throw ActuationError(
                .inTheWay,
                "cannot narrow \(file) of \(directory.path) to \(wanted): \(child.path) below it "
                    + "has \(held); narrow that first")
        }
    }

    private func nearest(_ file: String) throws(ActuationError) -> Ancestor? {
        var path = directory.path
        while let parent = path.parent {
            path = parent
            let ancestor = try CgroupDirectory(opening: parent, in: directory.hierarchy)
            if let found = try list(file, of: ancestor) {
                return Ancestor(path: parent, list: found)
            }
        }
        return nil
    }

    /// Returns a cgroup's list; nil if it has none, or if the cgroup was removed.
    private func list(
        _ file: String, of directory: CgroupDirectory
    ) throws(ActuationError) -> RangeList? {
        do throws(IOError) {
            return RangeList(try files.text(file, of: directory))
        } catch {
            if error.isGone { return nil }
            throw ActuationError(error, on: directory)
        }
    }
}
