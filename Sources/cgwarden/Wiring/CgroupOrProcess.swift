import ArgumentParser
import CgroupModel
import Hierarchy
import Reports

/// A cgroup on the command line, given by its name or by a process in it.
struct CgroupOrProcess: ParsableArguments {
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String?
    @Option(help: "ID of a process whose cgroup to use.") var pid: Int32?

    func validate() throws {
        if cgroup != nil, pid != nil {
            throw ValidationError("a cgroup and --pid are mutually exclusive")
        }
    }

    /// Throws if neither is named.
    func requireOne() throws {
        if cgroup == nil, pid == nil {
            throw ValidationError(
                "name a cgroup, or a process with --pid; `cgwarden tree` lists both")
        }
    }

    /// Returns the path of the cgroup.
    func path(in set: HierarchySet) async throws -> CgroupPath {
        if let cgroup { return try await CgroupLookup(set).resolve(cgroup) }
        let reader = ProcessReader(set.system)
        guard let pid, reader.stat(pid) != nil else {
            throw CgwardenError(
                "no process \(pid ?? 0); `cgwarden tree` lists the processes", .noInput)
        }
        guard let path = reader.cgroup(of: pid, in: set) else {
            throw CgwardenError(
                "the cgroup of process \(pid) is outside the visible mounts; "
                    + "`cgwarden tree` lists the visible cgroups", .noInput)
        }
        return path
    }
}
