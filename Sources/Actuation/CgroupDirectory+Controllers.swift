internal import CgroupModel
internal import Hierarchy

/// Which controllers a cgroup of v2 has, and which its children get.
extension CgroupDirectory {
    /// The names of those that it may pass on.
    func offeredControllers(_ files: any ControlFiles = KernelControlFiles()) -> Set<String> {
        names("cgroup.controllers", files)
    }

    /// The names of those that it passes on.
    func passedControllers(_ files: any ControlFiles = KernelControlFiles()) -> Set<String> {
        names("cgroup.subtree_control", files)
    }

    /// Whether processes in it stand in the way of passing one more controller on.
    ///
    /// The kernel refuses that for memory and io. With cpu, cpuset and pids it makes a threaded
    /// domain of it, below which nothing can start. The real root, which has no type, is exempt.
    func holdsProcesses(_ files: any ControlFiles = KernelControlFiles()) -> Bool {
        guard textIfAny("cgroup.type", files) != nil else { return false }
        return !((try? processes()) ?? []).isEmpty
    }

    private func names(_ file: String, _ files: any ControlFiles) -> Set<String> {
        Set((textIfAny(file, files) ?? "").split(separator: " ").map(String.init))
    }
}
