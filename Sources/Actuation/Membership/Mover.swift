package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Moves processes to another cgroup, one hierarchy at a time.
package struct Mover: Sendable {
    /// A process that is now in the cgroup.
    package struct Moved: Sendable {
        /// The process.
        package let pid: Int32
        /// The previous cgroup per hierarchy, without those that already had the process there.
        package let origins: [(hierarchy: String, path: CgroupPath)]
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Moves each process in every hierarchy that has the path, or in none of them.
    ///
    /// Pages that a process has used stay charged to its previous cgroup. systemd's own v1
    /// hierarchy is never touched. With `controllers`, only hierarchies with one of them are. A
    /// frozen target stops the processes that move into it, so it requires `force`. A dry run only
    /// checks.
    package func move(
        _ pids: [Int32], to path: CgroupPath, controllers: [Controller] = [], force: Bool = false,
        dryRun: Bool = false
    ) throws(ActuationError) -> [Moved] {
        let targets = try targets(path, controllers)
        let roles = ProcessRoles(context.set.system)
        for pid in pids { try check(pid, roles) }
        for (_, directory) in targets {
            try check(directory)
            if !force { try refuseFrozen(directory) }
        }
        if dryRun {
            for (_, directory) in targets { try directory.checkWritable("cgroup.procs") }
            return try pids.map { pid throws(ActuationError) in try foreseen(pid, targets) }
        }
        var moved: [Moved] = []
        for pid in pids { moved.append(try move(pid, to: targets)) }
        return moved
    }

    /// The expected result of moving a process.
    private func foreseen(
        _ pid: Int32, _ targets: [(index: Int, directory: CgroupDirectory)]
    ) throws(ActuationError) -> Moved {
        guard let places = try ProcessPlaces(set: context.set).places(of: pid) else {
            throw ActuationError(.notFound, "process \(pid) has exited")
        }
        let origins = targets.compactMap { target -> (hierarchy: String, path: CgroupPath)? in
            guard let place = places[target.index], place != target.directory.path else {
                return nil
            }
            return (target.directory.hierarchy.label, place)
        }
        return Moved(pid: pid, origins: origins)
    }

    /// Moves one process within one hierarchy; does nothing if it has exited.
    func place(
        _ pid: Int32, in directory: CgroupDirectory, of tree: Int
    ) throws(ActuationError) {
        guard ProcessReader(context.set.system).stat(pid) != nil else { return }
        do throws(ActuationError) {
            _ = try move(pid, to: [(tree, directory)])
        } catch {
            guard error.code == .notFound, (try? directory.isCurrent()) == true else { throw error }
        }
    }

    private func targets(
        _ path: CgroupPath, _ controllers: [Controller]
    ) throws(ActuationError) -> [(index: Int, directory: CgroupDirectory)] {
        let trees = try TargetTrees(path, in: context.set)
        let targets = context.set.hierarchies.indices.compactMap { index in
            let hierarchy = context.set.hierarchies[index]
            let isSystemd = hierarchy.version == .legacy && hierarchy.controllers.isEmpty
            let isWanted =
                controllers.isEmpty
                || controllers.contains(where: hierarchy.controllers.contains)
            return isSystemd || !isWanted ? nil : trees.directories[index].map { (index, $0) }
        }
        guard !targets.isEmpty else {
            throw ActuationError(
                .notFound,
                "\(path) is in no hierarchy with \(controllers.map(\.rawValue).joined(separator: ", "))"
                    + "; create it there: cgwarden create \(path.shellWord)")
        }
        return targets
    }

    private func check(_ pid: Int32, _ roles: ProcessRoles) throws(ActuationError) {
        // The kernel takes 0 for the writer itself.
        guard pid > 0 else { throw ActuationError(.usage, "\(pid) is not a process ID") }
        guard let stat = ProcessReader(context.set.system).stat(pid) else {
            throw ActuationError(.notFound, "no process \(pid)")
        }
        switch roles.role(of: pid) {
        case .kernelThread:
            throw ActuationError(
                .refused,
                "will not move \(stat.name) (process \(pid)): it is a kernel thread")
        case .initial, .system, .runtime, .login:
            let role = roles.role(of: pid)?.text ?? ""
            throw ActuationError(
                .refused, "will not move \(stat.name) (process \(pid)), \(role)")
        default: return
        }
    }

    private func refuseFrozen(_ directory: CgroupDirectory) throws(ActuationError) {
        guard let interface = FreezeInterface.of(directory.hierarchy),
            let frozen = try interface.holders(of: directory, context.files).last
        else { return }
        throw ActuationError(
            .busy,
            "will not move into \(directory.path): \(frozen) is frozen, so moved processes would "
                + "stop, too; thaw it first (cgwarden thaw \(frozen.shellWord)), or --force")
    }

    /// Throws where the kernel would refuse, because its errno does not give the reason.
    private func check(_ directory: CgroupDirectory) throws(ActuationError) {
        let path = directory.path
        if directory.hierarchy.version == .unified, !path.isRoot {
            let passed = (try? context.files.text("cgroup.subtree_control", of: directory)) ?? ""
            let domain = passed.split(separator: " ").filter {
                !["cpu", "cpuset", "pids", "perf_event"].contains($0)
            }
            guard domain.isEmpty else {
                throw ActuationError(
                    .refused,
                    "\(path) enables \(domain.joined(separator: " ")) for its children, so "
                        + "it may hold no processes itself; move into a child, or create one: "
                        + "cgwarden create \(path.child("leaf".utf8).shellWord)")
            }
            let type = try? context.files.text("cgroup.type", of: directory)
            guard type != "domain invalid" else {
                throw ActuationError(
                    .refused,
                    "\(path) accepts no processes: it is below a threaded cgroup (cgroup.type is "
                        + "\"domain invalid\"); choose one outside it")
            }
        }
        guard directory.hierarchy.version == .legacy,
            directory.hierarchy.controllers.contains(.cpuset)
        else { return }
        for file in ["cpuset.cpus", "cpuset.mems"]
        where (try? context.files.text(file, of: directory))?.isEmpty ?? false {
            throw ActuationError(
                .unavailable,
                "\(path) has an empty \(file), so no process can join; set both: "
                    + "cgwarden pin \(path.shellWord) --cpus LIST --mems LIST")
        }
    }

    private func move(
        _ pid: Int32, to targets: [(index: Int, directory: CgroupDirectory)]
    ) throws(ActuationError) -> Moved {
        let places = ProcessPlaces(set: context.set)
        guard let before = try places.places(of: pid) else {
            throw ActuationError(.notFound, "process \(pid) has exited")
        }
        var done: [Step] = []
        for (index, directory) in targets where before[index] != directory.path {
            do throws(ActuationError) {
                done.append(try step(pid, from: before[index], to: directory))
            } catch {
                throw rollBack(pid, done, after: error)
            }
        }
        if let after = try places.places(of: pid),
            let (_, directory) = targets.first(where: { after[$0.index] != $0.directory.path }),
            // Checked last, because an exiting process shows up elsewhere.
            !ProcessReader(context.set.system).hasEnded(pid)
        {
            throw ActuationError(
                .failed,
                "process \(pid) was moved to \(directory.path), but was moved elsewhere again in "
                    + "hierarchy \(directory.hierarchy.label)")
        }
        return Moved(
            pid: pid,
            origins: done.compactMap { step in
                step.origin.map { ($0.hierarchy.label, $0.path) }
            })
    }

    /// The move of a process in one hierarchy.
    private struct Step {
        /// Nil if the origin is not visible here; the move then cannot be undone.
        let origin: CgroupDirectory?
        let directory: CgroupDirectory
        let change: RecordedChange?
    }

    /// Moves a process within one hierarchy.
    private func step(
        _ pid: Int32, from place: CgroupPath?, to directory: CgroupDirectory
    ) throws(ActuationError) -> Step {
        let step = try begin(pid, from: place, to: directory)
        do throws(IOError) {
            try context.files.write("\(pid)", to: "cgroup.procs", of: directory)
        } catch {
            withdraw(step, in: step.origin)
            throw explained(error, pid, directory)
        }
        if let entry = step.change?.entry {
            try? context.journal?.finish(entry, readBack: "\(MembershipText(directory))")
        }
        return step
    }

    private func begin(
        _ pid: Int32, from place: CgroupPath?, to directory: CgroupDirectory
    ) throws(ActuationError) -> Step {
        var origin: CgroupDirectory?
        if let place {
            do throws(IOError) {
                origin = try .existing(place, in: directory.hierarchy)
            } catch {
                // Without the origin, the move could not be undone.
                guard error.isCovered else {
                    throw ActuationError(error, on: place, in: directory.hierarchy.label)
                }
            }
        }
        guard let journal = context.journal, let origin,
            let stat = ProcessReader(context.set.system).stat(pid)
        else {
            return Step(origin: origin, directory: directory, change: nil)
        }
        let cell = JournalEntry.moved(pid, startTicks: stat.startTicks)
        let change = try journal.recordChange(
            cell, at: directory.path, in: directory.hierarchy, "\(MembershipText(origin))",
            wanted: "\(MembershipText(directory))", cause: "move")
        return Step(origin: origin, directory: directory, change: change)
    }

    /// Records that a step failed or was rolled back; the process is in `place` now.
    private func withdraw(_ step: Step, in place: CgroupDirectory?) {
        guard let change = step.change, let origin = step.origin, let place else { return }
        try? context.journal?.withdraw(
            change, found: "\(MembershipText(origin))", readBack: "\(MembershipText(place))")
    }

    /// Moves a process back in the hierarchies of earlier steps; returns the error, with those
    /// where it could not.
    private func rollBack(
        _ pid: Int32, _ done: [Step], after error: ActuationError
    ) -> ActuationError {
        let left = done.reversed().filter { !takeBack(pid, $0) }
            .map { "\($0.directory.path) (hierarchy \($0.directory.hierarchy.label))" }
        // An exited process is in no cgroup.
        guard !left.isEmpty, !ProcessReader(context.set.system).hasEnded(pid) else { return error }
        var result = ActuationError(
            error.code,
            "\(error.message); process \(pid) could not be moved back and is still in "
                + left.joined(separator: ", "))
        result.errno = error.errno
        return result
    }

    /// Moves a process back in one hierarchy; returns whether it could.
    private func takeBack(_ pid: Int32, _ step: Step) -> Bool {
        guard let origin = step.origin,
            (try? context.files.write("\(pid)", to: "cgroup.procs", of: origin)) != nil
        else {
            withdraw(step, in: step.directory)
            return false
        }
        withdraw(step, in: origin)
        return true
    }

    private func explained(
        _ error: IOError, _ pid: Int32, _ directory: CgroupDirectory
    ) -> ActuationError {
        if error.isGone, (try? directory.isCurrent()) == true {
            return ActuationError(
                .notFound, "process \(pid) has exited, or is in another PID namespace")
        }
        if error.isInvalid {
            return ActuationError(
                .refused,
                "the kernel refuses to move process \(pid) to \(directory.path) (hierarchy "
                    + "\(directory.hierarchy.label)): it is bound to a CPU, or has real-time "
                    + "scheduling for which the cgroup has no budget")
        }
        return ActuationError(error, on: directory)
    }
}
