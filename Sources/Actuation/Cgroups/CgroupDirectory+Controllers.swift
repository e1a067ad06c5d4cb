internal import CgroupModel
internal import Hierarchy

/// The controllers that a v2 cgroup has, and those that its children get.
extension CgroupDirectory {
    /// The names of the controllers that it has and can enable for its children.
    func offeredControllers(_ files: any ControlFiles = KernelControlFiles()) -> Set<String> {
        names("cgroup.controllers", files)
    }

    /// The names of the controllers that it enables for its children.
    func passedControllers(_ files: any ControlFiles = KernelControlFiles()) -> Set<String> {
        names("cgroup.subtree_control", files)
    }

    /// Whether its own processes prevent it from enabling another controller for its children.
    ///
    /// The kernel refuses this for memory and io. With cpu, cpuset and pids it makes the cgroup a
    /// threaded domain, whose child domains are invalid and accept no processes. The real root,
    /// which has no `cgroup.type`, is exempt.
    func holdsProcesses(_ files: any ControlFiles = KernelControlFiles()) -> Bool {
        guard textIfAny("cgroup.type", files) != nil else { return false }
        return !((try? processes()) ?? []).isEmpty
    }

    private func names(_ file: String, _ files: any ControlFiles) -> Set<String> {
        Set((textIfAny(file, files) ?? "").split(separator: " ").map(String.init))
    }
}
