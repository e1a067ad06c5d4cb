internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds the cgroups of a process in each hierarchy.
struct ProcessPlaces {
    let set: HierarchySet

    /// Returns the cgroups in the order of the hierarchies, nil where one is not visible.
    ///
    /// Returns nil if the process no longer exists.
    func places(of pid: Int32) -> [CgroupPath?]? {
        guard let bytes = try? ReadBuffer.contents(of: set.system.proc("\(pid)/cgroup")),
            !bytes.isEmpty
        else { return nil }
        let lines = ProcCgroup.parse(bytes)
        return set.hierarchies.map { hierarchy in
            hierarchy.line(in: lines).flatMap { hierarchy.visiblePath($0.path) }
        }
    }

    /// Returns the cgroup in one hierarchy; nil if the process is gone or its cgroup is not
    /// visible.
    func place(of pid: Int32, in tree: Int) -> CgroupPath? { places(of: pid)?[tree] }
}
