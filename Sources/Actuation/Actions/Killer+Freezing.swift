internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Handles cgroups that are already frozen, and freezes cgroups to kill their processes.
extension Killer {
    /// Throws if a frozen cgroup has processes, which cannot handle the signal.
    func checkUnfrozen(
        _ frozen: [CgroupDirectory], _ path: CgroupPath, _ signal: EndingSignal
    ) throws(ActuationError) {
        for cgroup in frozen where try !cgroup.members().isEmpty {
            let thawed = cgroup.path.isWithin(path) ? cgroup.path : path
            throw ActuationError(
                .busy,
                "cannot end the processes of \(path) without force: \(cgroup.path) is frozen, so "
                    + "they cannot handle SIG\(signal.name); thaw it first: cgwarden thaw "
                    + thawed.shellWord)
        }
    }

    /// Returns the target's frozen or freezing v1 cgroups, including those of its shadow group.
    ///
    /// Throws if another cgroup freezes a process: a frozen v1 process dies only once thawed.
    func cgroupsFrozenOnV1(
        _ trees: TargetTrees, _ processes: Set<Int32>
    ) throws(ActuationError) -> [CgroupDirectory] {
        guard let freezer = context.set.legacy(.freezer) else { return [] }
        let shadow = try ShadowGroups(context).existing(trees, in: freezer)
        let tops = [trees.directories[freezer], shadow].compactMap { $0 }
        let toThaw = tops.map(\.path) + [trees.path]
        if let (process, cgroup) = try frozenProcess(of: processes, outside: toThaw) {
            throw ActuationError(
                .busy,
                "cannot kill \(trees.path): \(process) is frozen by \(cgroup) and cannot exit "
                    + "until that is thawed: cgwarden thaw \(cgroup.shellWord)")
        }
        var frozen: [CgroupDirectory] = []
        for top in tops {
            try top.reporting { () throws(IOError) in
                try top.visit { cgroup throws(IOError) in
                    if try !isThawed(cgroup) { frozen.append(cgroup) }
                }
            }
        }
        return frozen
    }

    /// Whether the cgroup is thawed in v1's freezer.
    private func isThawed(_ cgroup: CgroupDirectory) throws(IOError) -> Bool {
        try Self.freezer.isThawed { name throws(IOError) in
            try context.files.text(name, of: cgroup)
        }
    }

    /// Returns a process that a v1 cgroup outside `toThaw` freezes, and that cgroup; nil if none.
    private func frozenProcess(
        of processes: Set<Int32>, outside toThaw: [CgroupPath]
    ) throws(ActuationError) -> (process: String, cgroup: CgroupPath)? {
        guard let freezer = context.set.legacy(.freezer) else { return nil }
        let places = ProcessPlaces(set: context.set)
        var checked: Set<CgroupPath> = []
        for pid in processes.sorted() {
            guard let place = try places.place(of: pid, in: freezer),
                checked.insert(place).inserted,
                let directory = try? CgroupDirectory(place, in: context.set.hierarchies[freezer]),
                let cgroup = try Self.freezer.holders(of: directory, context.files).first(where: {
                    holder in
                    !toThaw.contains(where: holder.isWithin)
                })
            else { continue }
            let name = ProcessReader(context.set.system).stat(pid)?.name ?? "process"
            return ("\(name) (process \(pid))", cgroup)
        }
        return nil
    }

    /// Clears the subtree's v2 freeze requests, which would freeze new processes, too.
    func clearFreezeRequests(_ directory: CgroupDirectory) {
        let interface = FreezeInterface(version: .unified)
        try? directory.visit { cgroup in
            if (try? context.files.text(interface.file, of: cgroup)) != interface.thawedValue {
                try? context.files.write(interface.thawedValue, to: interface.file, of: cgroup)
            }
        }
    }

    /// Freezes the cgroup so that no process can fork; false if it was removed.
    ///
    /// Waits at most 500 ms, because a process in uninterruptible sleep (D) cannot freeze.
    func freeze(_ directory: CgroupDirectory) throws(ActuationError) -> Bool {
        do throws(IOError) {
            try context.files.write(Self.freezer.frozenValue, to: Self.freezer.file, of: directory)
        } catch {
            if error.isGone { return false }
            throw ActuationError(error, on: directory)
        }
        _ = try? Self.freezer.settle(
            directory, files: context.files, within: .milliseconds(500))
        return true
    }

    /// Thaws the cgroup and its descendants, because a frozen v1 process dies only once thawed.
    func thaw(_ directory: CgroupDirectory) {
        try? directory.visit { cgroup in thawAlone(cgroup) }
    }

    /// Thaws the cgroup without its descendants.
    func thawAlone(_ cgroup: CgroupDirectory) {
        try? context.files.write(Self.freezer.thawedValue, to: Self.freezer.file, of: cgroup)
    }
}
