internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Separate v1 cgroups for a cgroup's processes, where v1 holds them in a larger cgroup.
///
/// A shadow is `cgwarden/shadow-INODE-HIERARCHY` below that larger cgroup, whose limits therefore
/// still apply. The journal records each process's origin. `restore` can therefore move the
/// processes back and remove the shadow, even after a crash.
struct ShadowGroups: Sendable {
    /// The controllers that shadows are useful for: these only count, freeze or place processes.
    private static let controllers: [Controller] = [.freezer, .cpuset, .pids]
    /// The maximum number of passes; a process tree that keeps forking takes several.
    private static let longestPasses = 20

    private let context: ActingContext

    init(_ context: ActingContext) { self.context = context }

    /// Returns the shadow in a hierarchy; nil if there is none.
    func existing(_ trees: TargetTrees, in tree: Int) throws(ActuationError) -> CgroupDirectory? {
        guard isPossible(in: tree), let source = try source(trees, besides: tree) else {
            return nil
        }
        let name = name(of: source.directory)
        let places = ProcessPlaces(set: context.set)
        for pid in source.pids.sorted() {
            guard let place = try places.place(of: pid, in: tree), place.name == name else {
                continue
            }
            let hierarchy = context.set.hierarchies[tree]
            do throws(IOError) {
                return try .existing(place, in: hierarchy)
            } catch {
                throw ActuationError(error, on: place, in: hierarchy.label)
            }
        }
        return nil
    }

    private func isPossible(in tree: Int) -> Bool {
        let hierarchy = context.set.hierarchies[tree]
        return hierarchy.version == .legacy
            && Self.controllers.contains(where: hierarchy.controllers.contains)
    }

    private func name(of directory: CgroupDirectory) -> String {
        "shadow-\(directory.inode)-\(directory.hierarchy.label)"
    }

    /// The path's directory and processes in the first other hierarchy where it has processes.
    private func source(
        _ trees: TargetTrees, besides tree: Int
    ) throws(ActuationError) -> (directory: CgroupDirectory, index: Int, pids: Set<Int32>)? {
        for index in trees.directories.indices where index != tree {
            guard let directory = trees.directories[index] else { continue }
            let pids = try trees.members(in: index)
            if !pids.isEmpty { return (directory, index, pids) }
        }
        return nil
    }

    /// Moves the processes of a cgroup into its shadow in a hierarchy, and creates the shadow if
    /// needed.
    func cover(_ trees: TargetTrees, in tree: Int) throws(ActuationError) -> CgroupDirectory {
        let hierarchy = context.set.hierarchies[tree]
        guard isPossible(in: tree), let source = try source(trees, besides: tree) else {
            throw ActuationError(
                .refused,
                "\(trees.path) has no processes to move in hierarchy \(hierarchy.label); start one "
                    + "in it first")
        }
        guard let journal = context.journal else {
            throw ActuationError(
                .refused,
                "will not move the processes of \(trees.path) into a cgroup of their own in "
                    + "hierarchy \(hierarchy.label) without an undo journal")
        }
        if let reason = try trees.disagreement(in: source.index, ignoring: tree) {
            throw ActuationError(.refused, "cannot list the processes of \(trees.path): \(reason)")
        }
        let shadow: CgroupDirectory
        if let known = try existing(trees, in: tree) {
            shadow = known
        } else {
            let origin = try origin(of: source.pids, in: tree)
            let above = context.shadowParent ?? origin.path.child("cgwarden".utf8)
            _ = try CgroupMaker(context).makeMissing(above, in: hierarchy)
            shadow = try make(above.child(name(of: source.directory).utf8), origin, journal)
        }
        do throws(ActuationError) {
            try fill(shadow, from: source.index, trees, in: tree)
        } catch {
            try? release(shadow)
            throw error
        }
        return shadow
    }

    /// Returns the nearest common ancestor of the processes' cgroups in a hierarchy.
    private func origin(
        of pids: Set<Int32>, in tree: Int
    ) throws(ActuationError) -> CgroupDirectory {
        let places = ProcessPlaces(set: context.set)
        let reader = ProcessReader(context.set.system)
        var common: CgroupPath?
        for pid in pids.sorted() {
            // An exiting process shows up in /, whichever cgroup it was in.
            guard let place = try places.place(of: pid, in: tree), !reader.hasEnded(pid) else {
                continue
            }
            var shared = common ?? place
            while !place.isWithin(shared), let above = shared.parent { shared = above }
            common = shared
        }
        return try CgroupDirectory(opening: common ?? .root, in: context.set.hierarchies[tree])
    }

    private func make(
        _ path: CgroupPath, _ origin: CgroupDirectory, _ journal: UndoJournal
    ) throws(ActuationError) -> CgroupDirectory {
        if let left = try? CgroupDirectory(path, in: origin.hierarchy) { return left }
        return try create(path, origin, journal)
    }

    /// Creates the shadow, or opens the one that another process has just created.
    ///
    /// The journal records the cgroup to which processes forked in the shadow are moved back.
    func create(
        _ path: CgroupPath, _ origin: CgroupDirectory, _ journal: UndoJournal
    ) throws(ActuationError) -> CgroupDirectory {
        let hierarchy = origin.hierarchy
        let entry = try journal.record(
            JournalEntry.made(path), at: path, in: hierarchy, "",
            wanted: "\(MembershipText(origin))", cause: "shadow")
        do throws(IOError) {
            let above = try CgroupDirectory(path.parent ?? .root, in: hierarchy)
            let shadow = try above.makeChild(path.lastName, files: context.files)
            try? journal.finish(entry, readBack: "\(shadow.inode)")
            return shadow
        } catch {
            if error.isExisting { return try join(path, in: hierarchy, entry, journal) }
            // Removes a shadow that could not be filled; if that fails, its record stays open.
            do throws(IOError) {
                try CgroupDirectory.existing(path, in: hierarchy)?.remove()
                try? journal.finish(entry, readBack: "")
            } catch {}
            throw ActuationError(error, on: path, in: hierarchy.label)
        }
    }

    /// Opens the shadow that another process created; a failure here must not remove it.
    private func join(
        _ path: CgroupPath, in hierarchy: MountedHierarchy, _ entry: JournalEntry,
        _ journal: UndoJournal
    ) throws(ActuationError) -> CgroupDirectory {
        let shadow = try CgroupDirectory(opening: path, in: hierarchy)
        try? journal.finish(entry, readBack: "\(shadow.inode)")
        let above = try CgroupDirectory(opening: path.parent ?? .root, in: hierarchy)
        // The other process may not have copied the lists yet.
        try shadow.reporting { () throws(IOError) in
            try shadow.inherit(from: above, context.files)
        }
        return shadow
    }

    /// Moves processes until a pass finds no new one.
    private func fill(
        _ shadow: CgroupDirectory, from source: Int, _ trees: TargetTrees, in tree: Int
    ) throws(ActuationError) {
        let mover = Mover(context)
        for _ in 0..<Self.longestPasses {
            let inside = try shadow.members()
            let new = try trees.members(in: source).subtracting(inside).filter { $0 > 0 }
            guard !new.isEmpty else { return }
            for pid in new.sorted() { try mover.place(pid, in: shadow, of: tree) }
        }
        throw ActuationError(
            .busy,
            "\(trees.path) starts processes faster than they can be moved into \(shadow.path) "
                + "(hierarchy \(shadow.hierarchy.label)); try again later")
    }

    /// Restores values set in a shadow, moves its processes back, and removes it.
    func release(_ shadow: CgroupDirectory) throws(ActuationError) {
        guard let journal = context.journal else { return }
        let results = try Restorer(set: context.set, journal: journal, files: context.files)
            .restore(shadow.path)
        for result in results {
            if case .failed(let error) = result.outcome { throw error }
        }
        removeParent(shadow, journal)
    }

    /// Removes the parent of the last shadow, if cgwarden created it.
    private func removeParent(_ shadow: CgroupDirectory, _ journal: UndoJournal) {
        guard context.shadowParent == nil, let above = shadow.enclosing,
            let entries = try? journal.entries(), entries.contains(where: { $0.concerns(above) }),
            (try? above.children())?.isEmpty == true, (try? above.processes())?.isEmpty == true
        else { return }
        if (try? above.remove()) != nil { journal.forget(above) }
    }
}
