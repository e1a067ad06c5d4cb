internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Writes the originals of entries back.
struct UndoWriter {
    let set: HierarchySet
    let journal: UndoJournal
    let files: any ControlFiles
    /// Waits between the tries of a value that is busy.
    let pause: @Sendable (Duration) -> Void

    /// Writes the original; with `force` even a value that would make the kernel kill.
    func write(_ one: UndoTarget, force: Bool) throws(ActuationError) -> RestoreResult {
        let entry = one.entry
        if entry.subject == .cgroup || !force, let obstacle = one.obstacle(files) { throw obstacle }
        var tries = 3
        while true {
            do throws(IOError) {
                if entry.isPassingOn, let child = try one.directory.childPaths().first {
                    return RestoreResult(
                        entry: entry, found: one.found, outcome: .residue("\(child)"))
                }
                try one.putBack(files)
                if entry.isFreeze { FrozenMark.take(from: one.directory.descriptor) }
                try YoungerCpusets(one, journal, files).widen()
                return RestoreResult(entry: entry, found: one.found, outcome: .restored)
            } catch {
                if error.isGone {
                    return RestoreResult(entry: entry, found: one.found, outcome: .gone)
                }
                if error.isNoSpace, entry.original.isEmpty { return try writeParents(one) }
                tries -= 1
                guard error.isBusy, tries > 0 else {
                    throw ActuationError(error, on: one.directory)
                }
                pause(.seconds(1))
            }
        }
    }

    /// Writes the parent's list, which restricts least, because a cpuset with tasks cannot be
    /// emptied.
    private func writeParents(_ one: UndoTarget) throws(ActuationError) -> RestoreResult {
        let name = one.entry.cell.file
        do throws(IOError) {
            guard let parent = one.directory.enclosing else {
                throw IOError("open", "the parent of \(one.entry.path)", .notFound)
            }
            let isUnified = one.directory.hierarchy.version == .unified
            let text = try isUnified ? widest(name, parent) : files.text(name, of: parent)
            try files.write(text, to: name, of: one.directory)
            return RestoreResult(entry: one.entry, found: one.found, outcome: .residue(text))
        } catch {
            throw ActuationError(error, on: one.directory)
        }
    }

    /// Returns the widest list that v2 accepts.
    ///
    /// It includes CPUs that a partition holds or that are offline, which apply again later.
    private func widest(_ name: String, _ parent: CgroupDirectory) throws(IOError) -> String {
        let kind = name == "cpuset.cpus" ? "cpu" : "node"
        if let sys = set.system.sys,
            let possible = try? ReadBuffer.contents(
                of: sys + Array("/devices/system/\(kind)/possible".utf8))
        {
            return possible.firstWord
        }
        return try files.text("\(name).effective", of: parent)
    }
}
