public import CgroupModel
public import Hierarchy
internal import KernelIO

/// Stops all processes of a cgroup for a while, and lets them go on.
public struct Freezer: Sendable {
    /// A freeze that stands.
    public struct Frozen: Sendable {
        /// Through which hierarchy.
        public let hierarchy: String
        /// How many processes stand still.
        public let processes: Int
        /// When they are thawed at the latest; shorter than asked for where a watchdog waits.
        public let timeout: Duration
        /// Whether the timeout was shortened for a service's watchdog.
        public let isShortened: Bool
    }

    /// A thaw that was confirmed.
    public struct Thawed: Sendable {
        /// Through which hierarchies; empty if the cgroup was not asked to be frozen in any.
        public let hierarchies: [String]
        /// The ancestor that keeps it frozen nonetheless.
        public let frozenBy: CgroupPath?
        /// How many cgroups below it stay frozen by requests of their own.
        public let frozenBelow: Int
    }

    private let set: HierarchySet
    private let files: any ControlFiles
    private let journal: UndoJournal?
    private let thawGuard: ThawGuard
    private let protected: ProtectedSet
    private let shadows: ShadowGroups
    private let usesShadows: Bool

    /// Acts on these trees; with `shadow` also where the processes sit in a larger cgroup of v1
    /// (see ``ShadowGroups``).
    public init(
        set: HierarchySet, files: any ControlFiles = KernelControlFiles(),
        journal: UndoJournal? = nil, thawGuard: ThawGuard = .own(), protected: ProtectedSet? = nil,
        shadow: Bool = false, shadowParent: CgroupPath? = nil
    ) {
        self.protected = protected ?? ProtectedSet(set: set, system: set.system)
        usesShadows = shadow
        shadows = ShadowGroups(set: set, files: files, journal: journal, parent: shadowParent)
        self.set = set
        self.files = files
        self.journal = journal
        self.thawGuard = thawGuard
    }

    /// Freezes, confirms, and looks for locks; thawed by a helper after `timeout` at the latest.
    ///
    /// A dry run only checks, and makes no shadow.
    public func freeze(
        _ path: CgroupPath, timeout: Duration = .seconds(60), dryRun: Bool = false
    ) throws(ActuationError) -> Frozen {
        try protected.check(.freeze, on: path)
        let trees = try TargetTrees(path, in: set)
        let (_, directory) = try trees.tree(
            for: .freeze, among: [set.unified, set.legacy(.freezer)].compactMap { $0 },
            remedy: "put them into one cgroup first: cgwarden move",
            shadows: usesShadows && !dryRun ? shadows : nil)
        let interface = FreezeInterface(version: directory.hierarchy.version)
        guard try !isRequested(interface, directory) else {
            if let frozen = try prolong(directory, timeout) { return frozen }
            throw ActuationError(
                .busy, "\(path) is frozen already; let it go on first: cgwarden thaw \(path)")
        }
        let members = try members(of: directory)
        let watchdog = ServiceWatchdog(system: set.system).shortest(of: members)
        let allowed = watchdog.map { min(timeout, $0 / 2) } ?? timeout
        if dryRun {
            return Frozen(
                hierarchy: directory.hierarchy.label, processes: members.count, timeout: allowed,
                isShortened: allowed < timeout)
        }
        let watch = try thawGuard.watch(directory, timeout: allowed, journal: journal)
        // Someone may have moved in since.
        try protected.check(.freeze, on: path)
        guard directory.isCurrent else {
            throw ActuationError(.notFound, "\(path) was removed meanwhile; nothing was done")
        }
        FrozenMark(journal: journal).put(on: directory.descriptor)
        do throws(ActuationError) {
            try JournaledWrite(files: files, journal: journal).write(
                interface.frozenValue, to: ControlCell(interface.file), of: directory,
                cause: "freeze")
            try confirm(interface, directory, within: min(allowed / 2, .seconds(5)))
            // After the freeze, when the answer cannot change any more.
            if let reason = HeldLocks(set).reasonToThaw(
                try self.members(of: directory))
            {
                throw ActuationError(.refused, "thawed \(path) again at once: \(reason)")
            }
        } catch {
            try undo(interface, directory, after: error)
        }
        _ = consume watch
        return Frozen(
            hierarchy: directory.hierarchy.label, processes: try self.members(of: directory).count,
            timeout: allowed, isShortened: allowed < timeout)
    }

    /// What this program froze itself may stay so for longer, as far as someone sees to its end; nil
    /// if it is someone else's.
    private func prolong(
        _ directory: CgroupDirectory, _ timeout: Duration
    ) throws(ActuationError) -> Frozen? {
        let isOwn = (try? journal?.entries())?.contains {
            $0.owner == journal?.owner && $0.inode == directory.inode && $0.isFreeze
        }
        let members = try members(of: directory)
        guard isOwn == true, ServiceWatchdog(system: set.system).shortest(of: members) == nil,
            thawGuard.prolong(directory, timeout)
        else { return nil }
        return Frozen(
            hierarchy: directory.hierarchy.label, processes: members.count, timeout: timeout,
            isShortened: false)
    }

    /// Those who stand still then; a shadow has its own.
    private func members(of directory: CgroupDirectory) throws(ActuationError) -> Set<Int32> {
        do throws(IOError) {
            return try directory.processesBelow()
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    private func isRequested(
        _ interface: FreezeInterface, _ directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        do throws(IOError) {
            return try interface.isRequested { name throws(IOError) in
                try files.text(name, of: directory)
            }
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    private func confirm(
        _ interface: FreezeInterface, _ directory: CgroupDirectory, within time: Duration
    ) throws(ActuationError) {
        do throws(IOError) {
            let stands = try interface.settle(directory, files: files, within: time)
            guard !stands else { return }
        } catch {
            throw ActuationError(error, on: directory)
        }
        throw ActuationError(
            .failed,
            "thawed \(directory.path) again: some of it would not stop in time, being in "
                + "uninterruptible sleep; try again later")
    }

    /// Thaws after a freeze that did not do; the cgroup may be gone, and that is as good.
    private func undo(
        _ interface: FreezeInterface, _ directory: CgroupDirectory, after error: ActuationError
    ) throws(ActuationError) -> Never {
        for _ in 0..<3 {
            try? files.write(interface.thawedValue, to: interface.file, of: directory)
            if (try? isRequested(interface, directory)) != true {
                settle(interface, directory)
                throw error
            }
        }
        throw ActuationError(
            .failed, "\(error); it could not be thawed yet, the helper tries at the deadline")
    }

    private func settle(_ interface: FreezeInterface, _ directory: CgroupDirectory) {
        journal?.settle(
            interface.file, inode: directory.inode, readBack: interface.thawedValue)
        FrozenMark.take(from: directory.descriptor)
        thawGuard.forget(directory)
    }

    /// Lets a cgroup go on in every hierarchy that it is frozen in, and confirms that it does; a dry
    /// run only looks.
    public func thaw(
        _ path: CgroupPath, dryRun: Bool = false
    ) throws(ActuationError) -> Thawed {
        let trees = try TargetTrees(path, in: set)
        var done: [String] = []
        var frozenBy: CgroupPath?
        var below = 0
        for index in [set.unified, set.legacy(.freezer)].compactMap({ $0 }) {
            let shadow = try shadows.existing(trees, in: index)
            guard let directory = shadow ?? trees.directories[index], !path.isRoot else { continue }
            let interface = FreezeInterface(version: directory.hierarchy.version)
            if dryRun {
                if try isRequested(interface, directory) { done.append(directory.hierarchy.label) }
                frozenBy = frozenBy ?? interface.ancestor(freezing: directory, files)
                below += requestsBelow(interface, directory)
                continue
            }
            if try isRequested(interface, directory) {
                do throws(IOError) {
                    try files.write(interface.thawedValue, to: interface.file, of: directory)
                } catch {
                    throw ActuationError(error, on: directory)
                }
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

    /// Waits until it goes on, and until the guard of the freeze is gone; the ancestor that keeps
    /// it frozen, if one does.
    private func waitForThaw(
        _ interface: FreezeInterface, _ directory: CgroupDirectory
    ) throws(ActuationError) -> CgroupPath? {
        let goesOn = Deadline(after: .milliseconds(500)).wait {
            (try? interface.isThawed { name throws(IOError) in
                try files.text(name, of: directory)
            }) ?? true
        }
        thawGuard.waitUntilGone(directory, journal: journal)
        if goesOn { return nil }
        if let ancestor = interface.ancestor(freezing: directory, files) { return ancestor }
        throw ActuationError(
            .failed, "\(directory.path) was thawed, but its processes do not go on yet")
    }

    private func requestsBelow(_ interface: FreezeInterface, _ directory: CgroupDirectory) -> Int {
        let subtree = (try? directory.subtree()) ?? []
        return subtree.dropFirst().count { (try? isRequested(interface, $0)) == true }
    }
}
