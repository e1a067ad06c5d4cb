internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// In which cgroup a process is, tree by tree.
struct ProcessPlaces {
    let set: HierarchySet

    /// The cgroups in the order of the trees, nil where it cannot be told; nil if the process is
    /// gone.
    func places(of pid: Int32) -> [CgroupPath?]? {
        guard let bytes = try? ReadBuffer.contents(of: set.system.proc("\(pid)/cgroup")),
            !bytes.isEmpty
        else { return nil }
        let lines = ProcCgroup.parse(bytes)
        return set.hierarchies.map { hierarchy in
            hierarchy.line(in: lines).flatMap { hierarchy.visiblePath($0.path) }
        }
    }

    /// The cgroup in one tree; nil if the process is gone or it cannot be told.
    func place(of pid: Int32, in tree: Int) -> CgroupPath? { places(of: pid)?[tree] }
}
