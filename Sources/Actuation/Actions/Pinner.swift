package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Restricts the processes of a cgroup to certain CPUs and memory nodes (cpuset).
package struct Pinner: Sendable {
    /// The values in effect after pinning.
    package struct Pinned: Sendable {
        /// The CPUs and memory nodes that the processes may use, according to the kernel.
        package let cpus, mems: String
        /// Whether that is less than requested, because an ancestor allows no more.
        package let isNarrowed: Bool
        /// The list that is still empty on v1, where no process can join without it: "cpus" or
        /// "mems".
        package let missing: String?
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Writes both lists or neither, and compares them with the lists in effect.
    ///
    /// With `shadow`, it also pins processes that are in a larger v1 cgroup.
    package func pin(
        _ path: CgroupPath, cpus: RangeList?, mems: RangeList?, shadow: Bool = false
    ) throws(ActuationError) -> Pinned {
        let (directory, wanted) = try checked(path, cpus: cpus, mems: mems, shadow: shadow)
        try directory.checkCurrent(advice: "; nothing was done")
        let done = try write(wanted, to: directory)
        do throws(ActuationError) {
            let pinned = try confirm(
                wanted, directory, isLegacy: context.set.legacy(.cpuset) != nil)
            // Not earlier: undo helpers stay while a value is being written, because an earlier
            // change expires again if this one fails.
            guard context.recorded.finishUnchanged(done) else {
                throw ActuationError(
                    .busy,
                    "\(path) is not pinned: another process restored or changed its lists at the "
                        + "same time; see cgwarden journal, then try again")
            }
            return pinned
        } catch {
            rollBack(done)
            throw error
        }
    }

    /// Throws if the lists cannot be applied, without writing anything.
    package func check(
        _ path: CgroupPath, cpus: RangeList?, mems: RangeList?
    ) throws(ActuationError) {
        _ = try checked(path, cpus: cpus, mems: mems, shadow: false)
    }

    private func checked(
        _ path: CgroupPath, cpus: RangeList?, mems: RangeList?, shadow: Bool
    ) throws(ActuationError) -> (CgroupDirectory, [Request]) {
        let directory = try TargetTrees.directory(
            .cpuset, of: path, for: .pin, in: context,
            remedy: "move them into one cgroup first: cgwarden move",
            shadows: shadow ? ShadowGroups(context) : nil)
        let legacy = context.set.legacy(.cpuset)
        let wanted = [("cpuset.cpus", cpus), ("cpuset.mems", mems)].compactMap { name, list in
            list.map { Request(file: name, list: $0, isLegacy: legacy != nil) }
        }
        for request in wanted { try check(request, directory) }
        try context.protected.check(.pin, on: path)
        return (directory, wanted)
    }

    /// A requested list.
    private struct Request {
        let file: String
        let list: RangeList
        let isLegacy: Bool

        /// The file with the list in effect.
        var effective: String { CpusetFile.effective(file, isUnified: !isLegacy) ?? file }
    }

    /// Throws if the list cannot be set, or would have no effect.
    private func check(_ request: Request, _ directory: CgroupDirectory) throws(ActuationError) {
        // Where systemd enables cpuset on demand, the file reads like that of a new cgroup.
        if !request.isLegacy, let limit = LimitCatalog.limit(named: request.file) {
            let files = CgroupFiles(path: directory.path, set: context.set, files: context.files)
            _ = try files.locate(limit, instance: nil)
        }
        try CpusetCheck(directory: directory, files: context.files)
            .check(request.list, for: request.file)
    }

    /// Whether the cgroup has a file; throws if that is unknown.
    private func has(
        _ file: String, _ directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        do throws(IOError) {
            _ = try directory.text(file)
            return true
        } catch {
            if error.isMissing { return false }
            throw ActuationError(error, on: directory)
        }
    }

    private func write(
        _ wanted: [Request], to directory: CgroupDirectory
    ) throws(ActuationError) -> [JournaledWrite.Begun] {
        var done: [JournaledWrite.Begun] = []
        for request in wanted {
            do throws(ActuationError) {
                let begun = try context.recorded.begin(
                    "\(request.list)", to: ControlCell(request.file), of: directory, cause: "pin")
                done.append(begun)
            } catch {
                rollBack(done)
                throw error
            }
        }
        do throws(ActuationError) {
            for request in wanted where try !has(request.effective, directory) {
                throw ActuationError(
                    .unavailable,
                    "systemd accepted \(request.file) of \(directory.path), but cpuset is not "
                        + "enabled there; pin a unit of the system manager, or delegate cpuset to "
                        + "your user manager")
            }
        } catch {
            rollBack(done)
            throw error
        }
        return done
    }

    private func rollBack(_ done: [JournaledWrite.Begun]) {
        for begun in done.reversed() { context.recorded.rollBack(begun) }
    }

    private func confirm(
        _ wanted: [Request], _ directory: CgroupDirectory, isLegacy: Bool
    ) throws(ActuationError) -> Pinned {
        let cpus = Request(file: "cpuset.cpus", list: RangeList([Int]()), isLegacy: isLegacy)
        let mems = Request(file: "cpuset.mems", list: RangeList([Int]()), isLegacy: isLegacy)
        let isInEffect = try Deadline(after: .seconds(1)).wait { () throws(ActuationError) in
            for request in wanted where try list(request.effective, directory) != request.list {
                return false
            }
            return true
        }
        let (cpusNow, memsNow) = try (
            list(cpus.effective, directory), list(mems.effective, directory)
        )
        for request in wanted {
            let now = try list(request.effective, directory)
            // Without a common member, the kernel falls back to everything the ancestors allow.
            guard now.isSubset(of: request.list) else {
                throw ActuationError(
                    .failed,
                    "\(request.file) of \(directory.path) accepted \(request.list), but "
                        + "\(now) is in effect")
            }
        }
        let missing =
            !isLegacy ? nil : cpusNow.isEmpty ? "cpus" : memsNow.isEmpty ? "mems" : nil
        return Pinned(
            cpus: "\(cpusNow)", mems: "\(memsNow)", isNarrowed: !isInEffect, missing: missing)
    }

    private func list(
        _ file: String, _ directory: CgroupDirectory
    ) throws(ActuationError) -> RangeList {
        try directory.reporting { () throws(IOError) in
            try context.files.value(file, of: directory) { RangeList($0) }
        }
    }
}
