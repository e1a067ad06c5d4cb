internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The current state of a journal entry's object.
struct UndoTarget {
    let entry: JournalEntry
    /// The cgroup of the value, the created one (to be removed), or the process's previous one.
    let directory: CgroupDirectory
    /// The current value.
    let found: String

    /// Finds the object; nil if it no longer exists or another one has replaced it.
    init?(
        _ entry: JournalEntry, in set: HierarchySet, _ files: any ControlFiles,
        _ renamed: RenamedPlaces
    ) throws(IOError) {
        guard let index = set.hierarchies.firstIndex(where: { $0.label == entry.hierarchy }) else {
            return nil
        }
        self.entry = entry
        let hierarchy = set.hierarchies[index]
        do throws(IOError) {
            switch entry.subject {
            case .value:
                guard let place = try Self.place(of: entry, in: hierarchy, renamed) else {
                    return nil
                }
                directory = place
                found = entry.cell.value(in: try files.text(entry.cell.file, of: directory))
            case .cgroup:
                directory = try CgroupDirectory(entry.path, in: hierarchy)
                guard entry.readBack == nil || entry.concerns(directory) else { return nil }
                found = "\(directory.inode)"
            case .process(let pid, let ticks):
                // The state is read after the place, because an exiting process may be shown in
                // another cgroup.
                guard let now = try ProcessPlaces(set: set).read(pid)?[index],
                    let stat = ProcessReader(set.system).stat(pid), stat.startTicks == ticks,
                    !stat.isEnding, let origin = MembershipText(entry.original)
                else { return nil }
                directory = try CgroupDirectory(origin.path, in: hierarchy)
                guard directory.inode == origin.inode else { return nil }
                found = "\(MembershipText(try CgroupDirectory(now, in: hierarchy)))"
            }
        } catch {
            if error.isGone { return nil }
            throw error
        }
    }

    /// Returns the cgroup of an entry, at its path or at the path it was renamed to.
    private static func place(
        of entry: JournalEntry, in hierarchy: MountedHierarchy, _ renamed: RenamedPlaces
    ) throws(IOError) -> CgroupDirectory? {
        do throws(IOError) {
            let directory = try CgroupDirectory(entry.path, in: hierarchy)
            if directory.inode == entry.inode { return directory }
        } catch {
            if !error.isGone { throw error }
        }
        return try renamed.directory(entry.inode, in: hierarchy)
    }

    /// Why the original cannot be restored for now; nil if it can.
    func obstacle(_ files: any ControlFiles) -> ActuationError? {
        if entry.subject == .cgroup {
            if (try? refuge()) != nil { return nil }
            guard let held = Self.contents(of: directory) else { return nil }
            return ActuationError(
                .busy, "\(held), then: cgwarden restore \(entry.path.shellWord)")
        }
        // v2 does not refuse a limit below usage: it kills.
        guard entry.cell.file == "memory.max", let limit = UInt64(entry.original) else {
            return nil
        }
        do throws(ActuationError) {
            guard let usage = try directory.usage("memory.current", files), usage > limit else {
                return nil
            }
            return ActuationError(
                .busy,
                "\(entry.path) uses \(LimitValue.number(usage).roundedByteText), more than the "
                    + "original limit, so the kernel would kill in it; run cgwarden reclaim "
                    + "\(entry.path.shellWord) first, or use --force")
        } catch {
            return error
        }
    }

    /// What is still in a cgroup, and what to do; nil if it is empty.
    private static func contents(of directory: CgroupDirectory) -> String? {
        if let child = (try? directory.childPaths())?.first {
            return "\(child) is still in it; remove that"
        }
        let pids = (try? directory.processes()) ?? []
        return pids.min().map {
            pids.count > 1
                ? "\(pids.count) processes are still in it; move or end them"
                : "process \($0) is still in it; move or end it"
        }
    }

    /// The cgroup that a shadow's processes belong to; nil if this is not a shadow, or if that
    /// cgroup was removed.
    private func refuge() throws(IOError) -> CgroupDirectory? {
        guard let origin = MembershipText(entry.wanted) else { return nil }
        do throws(IOError) {
            let refuge = try CgroupDirectory(origin.path, in: directory.hierarchy)
            return refuge.inode == origin.inode ? refuge : nil
        } catch {
            // If this were thrown, the shadow itself would count as gone.
            if error.isGone { return nil }
            throw error
        }
    }

    /// Moves out the remaining processes of the shadow: those forked there, for which the journal
    /// has no entry.
    ///
    /// It gives up after some rounds, because new ones may be forked meanwhile.
    private func empty(
        into refuge: CgroupDirectory, _ files: any ControlFiles
    ) throws(IOError) {
        for _ in 0..<20 {
            let pids = try directory.processes()
            if pids.isEmpty { return }
            for pid in pids {
                do throws(IOError) {
                    try files.write("\(pid)", to: "cgroup.procs", of: refuge)
                } catch  where error.isGone {
                    // It has exited.
                    continue
                }
            }
        }
    }

    /// Writes the original.
    func putBack(_ files: any ControlFiles) throws(IOError) {
        switch entry.subject {
        case .value:
            try files.write(
                entry.cell.command(entry.original), to: entry.cell.file, of: directory)
        case .cgroup:
            if let refuge = try refuge() { try empty(into: refuge, files) }
            try directory.remove()
        case .process(let pid, _): try files.write("\(pid)", to: "cgroup.procs", of: directory)
        }
    }
}
