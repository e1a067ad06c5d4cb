import CgroupModel
import Hierarchy
import KernelIO

/// The location of one value of a cgroup, and the current value.
struct FoundCell {
    let directory: CgroupDirectory
    let file: LimitFile
    let cell: ControlCell
    let old: String
    /// The disk as `254:0`, or the instance as given.
    let instance: String?
    let warning: String?
}

/// The directories of one cgroup in the hierarchies that have its limits.
struct CgroupFiles {
    let path: CgroupPath
    let set: HierarchySet
    let files: any ControlFiles

    /// Whether the controller's limits follow v2; for the core, whether v2 is mounted.
    func isUnified(_ controller: Controller) -> Bool {
        controller == .core ? set.unified != nil : set.legacy(controller) == nil
    }

    /// Returns the directory in the controller's hierarchy.
    func directory(_ controller: Controller) throws(ActuationError) -> CgroupDirectory {
        let index = set.legacy(controller) ?? set.unified
        guard let index, set.legacy(controller) != nil || unifiedHas(controller) else {
            throw ActuationError(.unavailable, set.absence(of: controller))
        }
        let hierarchy = set.hierarchies[index]
        do throws(IOError) {
            return try CgroupDirectory(path, in: hierarchy)
        } catch {
            guard error.isGone else {
                throw ActuationError(error, on: path, in: hierarchy.label)
            }
            throw ActuationError(
                .notFound,
                "\(path) does not exist in the \(hierarchy.label) hierarchy; create it with "
                    + "`cgwarden create \(path.shellWord)`, then move its processes there")
        }
    }

    private func unifiedHas(_ controller: Controller) -> Bool {
        guard let unified = set.unified else { return false }
        return controller == .core || set.hierarchies[unified].controllers.contains(controller)
    }

    /// Finds the current value of a limit; throws if this kernel or cgroup does not have it.
    func locate(_ limit: Limit, instance: String?) throws(ActuationError) -> FoundCell {
        let candidates = try candidates(limit)
        let directory = try directory(limit.controller)
        var name = instance
        var warning: String?
        if limit.dimension == .device, let instance {
            let disk = try DiskLookup(system: set.system).disk(instance)
            name = disk.number.text(.device)
            warning = disk.warning
        }
        for file in candidates {
            let cell = file.cell(of: name, limit.dimension)
            do throws(IOError) {
                let text = try file.coding == .command ? "" : files.text(cell.file, of: directory)
                let old = cell.value(in: text)
                return FoundCell(
                    directory: directory, file: file, cell: cell, old: old, instance: name,
                    warning: warning)
            } catch {
                if error.isMissing { continue }
                throw ActuationError(error, on: directory)
            }
        }
        throw missing(candidates[0].cell(of: name, limit.dimension).file, limit, directory)
    }

    /// Returns the files that may hold a limit here; throws if this cgroup version has none.
    func candidates(_ limit: Limit) throws(ActuationError) -> [LimitFile] {
        if let refusal = limit.refusal {
            throw ActuationError(.unavailable, "\(limit.name): \(refusal)")
        }
        let files = limit.files(unified: isUnified(limit.controller))
        guard !files.isEmpty else { throw absence(of: limit) }
        return files
    }

    private func absence(of limit: Limit) -> ActuationError {
        let version = isUnified(limit.controller) ? "v1" : "v2"
        let other = version == "v1" ? "v2" : "v1"
        let place =
            limit.controller == .core
            ? "here cgroups are on \(other)" : "here \(limit.controller.rawValue) is on \(other)"
        return ActuationError(
            .unavailable,
            "\(limit.name) exists only on \(version), and \(place)"
                + (limit.note.isEmpty ? "" : " (\(limit.note.dropLast()))"))
    }

    /// Returns the reason why a file does not exist.
    func missing(
        _ file: String, _ limit: Limit, _ directory: CgroupDirectory
    ) -> ActuationError {
        let enabled = directory.textIfAny("cgroup.controllers", files)
        let name = limit.controller.rawValue
        if limit.controller != .core, isUnified(limit.controller), let enabled,
            !enabled.split(separator: " ").contains(name[...])
        {
            let way = ControllerWay(limit.controller, to: path, in: directory.hierarchy, files)
            return ActuationError(
                .unavailable, "the controller \(name) is not enabled for \(path); \(way.remedy)")
        }
        let pattern = limit.files(unified: isUnified(limit.controller)).first?.name ?? ""
        let sizes = limit.dimension == .pageSize ? directory.pageSizes(of: pattern) : []
        return ActuationError(
            .unavailable,
            "this kernel has no \(file) in \(path)"
                + (sizes.isEmpty ? "" : "; sizes here: \(sizes.joined(separator: ", "))"))
    }
}
