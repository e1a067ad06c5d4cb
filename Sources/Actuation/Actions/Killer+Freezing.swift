internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Frozen cgroups, and the freeze of those that are killed.
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
                    + "they cannot handle SIG\(signal.name); thaw it first: cgwarden thaw \(thawed)"
            )
        }
    }

    /// The cgroups of this subtree that v1's freezer holds, including those of its shadow group
    /// (processes moved aside to be frozen alone).
    ///
    /// A frozen v1 process handles no signal and dies only once thawed, so waiting is pointless.
    func cgroupsFrozenOnV1(
        _ trees: TargetTrees, _ processes: Set<Int32>
    ) throws(ActuationError) -> [CgroupDirectory] {
        guard let freezer = context.set.legacy(.freezer) else { return [] }
        let shadow = try ShadowGroups(context).existing(trees, in: freezer)
        let tops = [trees.directories[freezer], shadow].compactMap { $0 }
        let others = tops.map(\.path) + [trees.path]
        if let (process, freezer) = try holder(of: processes, besides: others) {
            throw ActuationError(
                .busy,
                "cannot kill \(trees.path): \(process) is frozen by \(freezer) and cannot exit "
                    + "until that is thawed: cgwarden thaw \(freezer)")
        }
        var frozen: [CgroupDirectory] = []
        for top in tops {
            for cgroup in try top.reporting(top.subtree) where try !isThawed(cgroup) {
                frozen.append(cgroup)
            }
        }
        return frozen
    }

    /// Whether v1's freezer does not hold a cgroup, which may have been removed.
    private func isThawed(_ cgroup: CgroupDirectory) throws(ActuationError) -> Bool {
        do throws(IOError) {
            return try Self.freezer.isThawed { name throws(IOError) in
                try context.files.text(name, of: cgroup)
            }
        } catch {
            if error.isGone { return true }
            throw ActuationError(error, on: cgroup)
        }
    }

    /// The cgroup that freezes one of the processes on v1, unless it is one of those to be thawed.
    private func holder(
        of processes: Set<Int32>, besides ours: [CgroupPath]
    ) throws(ActuationError) -> (process: String, freezer: CgroupPath)? {
        guard let freezer = context.set.legacy(.freezer) else { return nil }
        let places = ProcessPlaces(set: context.set)
        var asked: Set<CgroupPath> = []
        for pid in processes.sorted() {
            guard let place = try places.place(of: pid, in: freezer), asked.insert(place).inserted,
                let directory = try? CgroupDirectory(place, in: context.set.hierarchies[freezer]),
                let cgroup = try Self.freezer.holders(of: directory, context.files).first(where: {
                    holder in
                    !ours.contains(where: holder.isWithin)
                })
            else { continue }
            let name = ProcessReader(context.set.system).stat(pid)?.name ?? "process"
            return ("\(name) (process \(pid))", cgroup)
        }
        return nil
    }

    /// Clears freeze requests, which outlive the frozen processes and would stop new ones.
    func clearFreezeRequests(_ directory: CgroupDirectory) {
        let interface = FreezeInterface(version: .unified)
        for cgroup in directory.visibleSubtree
        where (try? context.files.text(interface.file, of: cgroup)) != interface.thawedValue {
            try? context.files.write(interface.thawedValue, to: interface.file, of: cgroup)
        }
    }

    /// Freezes the cgroup so that no process can fork, without waiting long for uninterruptible
    /// sleep; false if it was removed.
    func stop(_ directory: CgroupDirectory) throws(ActuationError) -> Bool {
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
        for cgroup in directory.visibleSubtree { thawAlone(cgroup) }
    }

    /// Thaws the cgroup without its descendants.
    func thawAlone(_ cgroup: CgroupDirectory) {
        try? context.files.write(Self.freezer.thawedValue, to: Self.freezer.file, of: cgroup)
    }
}
