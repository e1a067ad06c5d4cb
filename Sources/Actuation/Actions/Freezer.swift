package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Freezes and thaws all processes of a cgroup.
package struct Freezer: Sendable {
    /// A freeze in effect; in a dry run, the freeze that would take effect.
    package struct Frozen: Sendable {
        /// The hierarchy that freezes the cgroup.
        package let hierarchy: String
        /// The number of frozen processes.
        package let processes: Int
        /// The time after which the cgroup is thawed; shortened if a service in it has a watchdog.
        package let timeout: Duration
        /// Whether the timeout was shortened for a service's watchdog.
        package let isShortened: Bool
    }

    /// The result of a verified thaw.
    package struct Thawed: Sendable {
        /// The hierarchies in which the cgroup was thawed; empty if none had a freeze request.
        package let hierarchies: [String]
        /// The ancestor that still keeps the cgroup frozen; nil if there is none.
        package let frozenBy: CgroupPath?
        /// The number of descendants that stay frozen by their own requests.
        package let frozenBelow: Int
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Freezes the cgroup, verifies the freeze, and undoes it if outside processes await its locks.
    ///
    /// A helper or keeper thaws the cgroup after `timeout` at the latest. With `shadow`, processes
    /// that are in a larger v1 cgroup are frozen, too. A dry run only checks and creates no shadow.
    package func freeze(
        _ path: CgroupPath, timeout: Duration = .seconds(60), shadow: Bool = false,
        dryRun: Bool = false
    ) throws(ActuationError) -> Frozen {
        try context.protected.check(.freeze, on: path)
        let trees = try TargetTrees(path, in: context.set)
        let (_, directory) = try trees.tree(
            for: .freeze,
            among: [context.set.unified, context.set.legacy(.freezer)].compactMap { $0 },
            remedy: "move them into one cgroup first: cgwarden move",
            shadows: shadow && !dryRun ? ShadowGroups(context) : nil)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        guard try !isRequested(interface, directory) else {
            if !dryRun, let frozen = try prolong(directory, timeout) { return frozen }
            throw ActuationError(
                .busy,
                "\(path) is already frozen; thaw it first: cgwarden thaw \(path.shellWord)")
        }
        let members = try directory.members()
        let watchdog = ServiceWatchdog(system: context.set.system).shortest(of: members)
        let allowed = watchdog.map { min(timeout, $0 / 2) } ?? timeout
        if dryRun {
            try directory.checkWritable(interface.file)
            return Frozen(
                hierarchy: directory.hierarchy.label, processes: members.count, timeout: allowed,
                isShortened: allowed < timeout)
        }
        let watch = try context.thawGuard.watch(
            directory, timeout: allowed, journal: context.journal)
        // A protected process may have moved in since the first check.
        try context.protected.check(.freeze, on: path)
        try directory.checkCurrent(advice: "; nothing was done")
        FrozenMark(journal: context.journal).put(on: directory.descriptor)
        do throws(ActuationError) {
            try recorded(allowed, by: watch.helper).write(
                interface.frozenValue, to: ControlCell(interface.file), of: directory,
                cause: "freeze")
            try confirm(interface, directory, within: min(allowed / 2, .seconds(5)))
            // Checked once the cgroup is frozen, because the result can no longer change.
            if let reason = HeldLocks(context.set).reasonToThaw(
                try directory.members())
            {
                throw ActuationError(.refused, "thawed \(path) again immediately: \(reason)")
            }
        } catch {
            try undo(interface, directory, after: error)
        }
        _ = consume watch
        return Frozen(
            hierarchy: directory.hierarchy.label, processes: try directory.members().count,
            timeout: allowed, isShortened: allowed < timeout)
    }

    /// Writes whose records have the deadline, unless the change has its own or a keeper thaws.
    private func recorded(_ time: Duration, by helper: ProcessIdentity?) -> JournaledWrite {
        guard let helper, let journal = context.journal, journal.change == nil else {
            return context.recorded
        }
        return JournaledWrite(
            files: context.files, journal: journal.expiring(ExpiringChange(time, by: helper)))
    }

    /// Extends the deadline of a freeze that the journal's owner requested.
    ///
    /// Nil if another owner or program requested it, if a service's watchdog limits the freeze, or
    /// if a helper guards it, which cannot extend a deadline.
    private func prolong(
        _ directory: CgroupDirectory, _ timeout: Duration
    ) throws(ActuationError) -> Frozen? {
        let isOwn = (try? context.journal?.entries())?.contains {
            $0.owner == context.journal?.owner && $0.inode == directory.inode && $0.isFreeze
        }
        let members = try directory.members()
        guard isOwn == true,
            ServiceWatchdog(system: context.set.system).shortest(of: members) == nil,
            context.thawGuard.prolong(directory, timeout)
        else { return nil }
        return Frozen(
            hierarchy: directory.hierarchy.label, processes: members.count, timeout: timeout,
            isShortened: false)
    }

    private func isRequested(
        _ interface: FreezeInterface, _ directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        try directory.reporting { () throws(IOError) in
            try interface.isRequested { name throws(IOError) in
                try context.files.text(name, of: directory)
            }
        }
    }

    private func confirm(
        _ interface: FreezeInterface, _ directory: CgroupDirectory, within time: Duration
    ) throws(ActuationError) {
        let isFrozen = try directory.reporting { () throws(IOError) in
            try interface.settle(directory, files: context.files, within: time)
        }
        guard !isFrozen else { return }
        throw ActuationError(
            .failed,
            "thawed \(directory.path) again: some tasks did not freeze in time: they are in "
                + "uninterruptible sleep; try again later")
    }

    /// Thaws after a failed freeze; a cgroup that no longer exists counts as thawed.
    private func undo(
        _ interface: FreezeInterface, _ directory: CgroupDirectory, after error: ActuationError
    ) throws(ActuationError) -> Never {
        for _ in 0..<3 {
            try? context.files.write(interface.thawedValue, to: interface.file, of: directory)
            if isKnownThawed(interface, directory) {
                settle(interface, directory)
                throw error
            }
        }
        throw ActuationError(
            .failed, "\(error); it could not be thawed yet; the helper retries at the deadline")
    }

    /// Whether no freeze is requested, or the cgroup no longer exists; false if that is unknown.
    private func isKnownThawed(
        _ interface: FreezeInterface, _ directory: CgroupDirectory
    ) -> Bool {
        do throws(ActuationError) {
            return try !isRequested(interface, directory)
        } catch {
            return error.code == .notFound
        }
    }

    private func settle(_ interface: FreezeInterface, _ directory: CgroupDirectory) {
        context.journal?.settle(
            interface.file, inode: directory.inode, readBack: interface.thawedValue)
        FrozenMark.take(from: directory.descriptor)
        context.thawGuard.forget(directory)
    }

    /// Thaws the cgroup in every hierarchy that freezes it and verifies the thaw; a dry run only
    /// checks.
    package func thaw(
        _ path: CgroupPath, dryRun: Bool = false
    ) throws(ActuationError) -> Thawed {
        let trees = try TargetTrees(path, in: context.set)
        let shadows = ShadowGroups(context)
        var done: [String] = []
        var frozenBy: CgroupPath?
        var below = 0
        for index in [context.set.unified, context.set.legacy(.freezer)].compactMap({ $0 }) {
            let shadow = try shadows.existing(trees, in: index)
            guard let directory = shadow ?? trees.directories[index], !path.isRoot else { continue }
            let interface = FreezeInterface(version: directory.hierarchy.version)
            if dryRun {
                if try isRequested(interface, directory) {
                    try directory.checkWritable(interface.file)
                    done.append(directory.hierarchy.label)
                }
                if frozenBy == nil {
                    frozenBy = try interface.ancestor(freezing: directory, context.files)
                }
                below += requestsBelow(interface, directory)
                continue
            }
            if try isRequested(interface, directory) {
                try context.files.put(interface.thawedValue, to: interface.file, of: directory)
                settle(interface, directory)
                done.append(directory.hierarchy.label)
            }
            let ancestor = try waitForThaw(interface, directory)
            frozenBy = frozenBy ?? ancestor
            below += requestsBelow(interface, directory)
            if let shadow { try shadows.release(shadow) }
        }
        return Thawed(hierarchies: done, frozenBy: frozenBy, frozenBelow: below)
    }

    /// Waits until the cgroup runs and the freeze's helper has ended.
    ///
    /// Returns the ancestor that keeps it frozen, if any.
    private func waitForThaw(
        _ interface: FreezeInterface, _ directory: CgroupDirectory
    ) throws(ActuationError) -> CgroupPath? {
        let isRunning = Deadline(after: .milliseconds(500)).wait { () throws(Never) in
            do throws(IOError) {
                return try interface.isThawed { name throws(IOError) in
                    try context.files.text(name, of: directory)
                }
            } catch {
                return error.isGone
            }
        }
        context.thawGuard.waitUntilGone(directory, journal: context.journal)
        if isRunning { return nil }
        if let ancestor = try interface.ancestor(freezing: directory, context.files) {
            return ancestor
        }
        throw ActuationError(
            .failed, "\(directory.path) was thawed, but its processes have not resumed yet")
    }

    private func requestsBelow(_ interface: FreezeInterface, _ directory: CgroupDirectory) -> Int {
        var count = 0
        // Only a number for display: a cgroup that cannot be opened does not make the thaw fail.
        try? directory.visit { cgroup in
            if cgroup !== directory, (try? isRequested(interface, cgroup)) == true { count += 1 }
        }
        return count
    }
}
