internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Kills the processes in a run's cgroup and removes it, without affecting anything outside.
struct RunEnding {
    private let directories: [CgroupDirectory]

    private let spared: Set<Int32>

    /// Uses one cgroup's directories in each hierarchy; `spared` processes are not killed.
    init(_ directories: [CgroupDirectory], sparing spared: Set<Int32> = []) {
        self.directories = directories
        self.spared = spared
    }

    /// Kills every process in the subtree; false if one survives for `time`.
    func killAll(within time: Duration = .seconds(10)) -> Bool {
        // Prevent forks, so that the loop ends.
        for directory in directories where !spared.isEmpty || has(.pids, directory) {
            try? directory.write("0", to: "pids.max")
        }
        return Deadline(after: time).wait { () throws(Never) -> Bool in
            for directory in directories { kill(directory) }
            return directories.allSatisfy(isEmptied)
        }
    }

    /// Whether no process to kill is left; false if that is unknown.
    private func isEmptied(_ directory: CgroupDirectory) -> Bool {
        do throws(IOError) {
            return try directory.processesBelow().isSubset(of: spared)
        } catch {
            return error.isGone
        }
    }

    /// Removes the subtree, and waits for processes that are exiting.
    func remove() throws(ActuationError) {
        for directory in directories {
            _ = try directory.reporting { () throws(IOError) in try directory.removeTree() }
        }
    }

    private func kill(_ directory: CgroupDirectory) {
        if spared.isEmpty, directory.hierarchy.version == .unified,
            (try? directory.write("1", to: "cgroup.kill")) != nil
        {
            return
        }
        let freezer = FreezeInterface(version: .legacy)
        try? directory.visit { cgroup in
            // A frozen v1 process dies only once thawed.
            if has(.freezer, cgroup) { try? cgroup.write(freezer.thawedValue, to: freezer.file) }
            killMembers(of: cgroup)
        }
    }

    /// Kills the members of one cgroup.
    ///
    /// A PID listed before and after opening its handle belongs to a member.
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
