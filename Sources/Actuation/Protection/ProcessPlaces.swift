internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds a process's cgroup in each hierarchy.
struct ProcessPlaces {
    let set: HierarchySet

    /// Reads the cgroups in the order of the hierarchies, nil where one is not visible.
    ///
    /// Returns nil if the process no longer exists.
    func read(_ pid: Int32) throws(IOError) -> [CgroupPath?]? {
        let bytes: [UInt8]
        do throws(IOError) {
            bytes = try ReadBuffer.contents(of: set.system.proc("\(pid)/cgroup"))
        } catch {
            if error.isGone { return nil }
            throw error
        }
        if bytes.isEmpty { return nil }
        let lines = ProcCgroup.parse(bytes)
        return set.hierarchies.map { hierarchy in
            hierarchy.line(in: lines).flatMap { hierarchy.visiblePath($0.path) }
        }
    }

    /// Calls ``read(_:)``; the error names the process.
    func places(of pid: Int32) throws(ActuationError) -> [CgroupPath?]? {
        do throws(IOError) {
            return try read(pid)
        } catch {
            throw ActuationError(
                error.isPermission ? .notPermitted : .failed,
                "\(error), so it is unknown where process \(pid) is")
        }
    }

    /// Returns the cgroup in one hierarchy; nil if the process is gone or its cgroup is not
    /// visible.
    func place(of pid: Int32, in tree: Int) throws(ActuationError) -> CgroupPath? {
        try places(of: pid)?[tree]
    }
}
