internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The cgroup of a process that is being killed.
///
/// In a storm the kernel logs victims without their cgroups. The cgroup of a dying process can be
/// read until its parent reaps it; on v1, until it has exited.
enum VictimCgroup {
    /// Returns the victim's cgroup, from the log or else from `/proc`; nil if neither has it.
    ///
    /// In a storm, a victim of another cgroup can follow the kill of a whole cgroup within
    /// milliseconds, and its line looks the same. A presumed cgroup is therefore replaced if
    /// `/proc` shows the process in another one.
    static func settled(_ kill: OOMKill, _ system: SystemRoot) -> CgroupPath? {
        guard let named = kill.cgroup else { return path(of: kill, system) }
        guard kill.isGroupPresumed, let found = path(of: kill, system) else { return named }
        return found.isWithin(named) ? named : found
    }

    /// Returns the memory cgroup; nil if the process is gone or its ID belongs to another process.
    private static func path(of kill: OOMKill, _ system: SystemRoot) -> CgroupPath? {
        guard let lists = try? ReadBuffer.contents(of: system.proc("\(kill.pid)/cgroup")),
            CommandName.read(in: system.proc("\(kill.pid)")) == kill.comm
        else { return nil }
        let memberships = ProcCgroup.parse(lists)
        let membership =
            memberships.first { $0.controllers.contains("memory") }
            ?? memberships.first { $0.hierarchy == 0 }
        guard var bytes = membership?.path[...] else { return nil }
        let mark = Array(" (deleted)".utf8)
        if membership?.hierarchy == 0, bytes.suffix(mark.count) == mark[...] {
            bytes = bytes.dropLast(mark.count)
        }
        let path = CgroupPath(normalising: Array(bytes))
        // A process that has exited is in the root of v1, and nothing is killed there by a limit.
        return path.isRoot ? nil : path
    }
}
