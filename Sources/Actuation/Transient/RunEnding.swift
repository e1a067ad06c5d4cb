internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Ends what is left in a run's cgroup, and removes it: nothing outside is ever touched.
struct RunEnding {
    private let directories: [CgroupDirectory]

    private let spared: Set<Int32>

    /// The same cgroup in each tree; `spared` are processes in it that go on.
    init(_ directories: [CgroupDirectory], sparing spared: Set<Int32> = []) {
        self.directories = directories
        self.spared = spared
    }

    /// Kills every process in it and below; false if something survived for so long.
    func killAll(within time: Duration = .seconds(10)) -> Bool {
        // Nothing can fork any more, so that the loop comes to an end.
        for directory in directories where !spared.isEmpty || has(.pids, directory) {
            try? directory.write("0", to: "pids.max")
        }
        return Deadline(after: time).wait { () throws(Never) -> Bool in
            for directory in directories { kill(directory) }
            return directories.allSatisfy {
                ((try? $0.processesBelow()) ?? []).isSubset(of: spared)
            }
        }
    }

    /// Removes it with all that is below; a process that is just ending is waited for.
    func remove() throws(ActuationError) {
        for directory in directories {
            do throws(IOError) {
                _ = try directory.removeTree()
            } catch {
                throw ActuationError(error, on: directory)
            }
        }
    }

    private func kill(_ directory: CgroupDirectory) {
        if spared.isEmpty, directory.hierarchy.version == .unified,
            (try? directory.write("1", to: "cgroup.kill")) != nil
        {
            return
        }
        for cgroup in (try? directory.subtree()) ?? [] {
            // A frozen process of v1 does not die before it is thawed.
            if has(.freezer, cgroup) { try? cgroup.write("THAWED", to: "freezer.state") }
            killMembers(of: cgroup)
        }
    }

    /// A number seen before and after its process was taken hold of is that of a member.
    private func killMembers(of cgroup: CgroupDirectory) {
        for pid in (try? cgroup.processes()) ?? [] where pid > 0 && !spared.contains(pid) {
            guard let process = try? ProcessHandle(pid),
                ((try? cgroup.processes()) ?? []).contains(pid)
            else { continue }
            try? process.send(.kill)
        }
    }

    private func has(_ controller: Controller, _ directory: CgroupDirectory) -> Bool {
        directory.hierarchy.version == .legacy
            && directory.hierarchy.controllers.contains(controller)
    }
}
