import CgroupModel

extension PlanDraft {
    /// Plans CPU and node lists, which must be within the parent's and include the children's.
    mutating func planCpuset() throws(ActuationError) {
        for name in ["cpuset.cpus", "cpuset.mems"] {
            guard let request = request(name), case .text(let text) = request.value,
                let wanted = RangeList(text)
            else { continue }
            try planPlain(request)
            let directory = try files.directory(.cpuset)
            let isUnified = files.isUnified(.cpuset)
            if isUnified, let effective = CpusetFile.effective(name, isUnified: true) {
                try checkUnified(wanted, name, effective, directory)
                writes[writes.count - 1].effective = ControlCell(effective)
            } else {
                try checkLegacy(wanted, name, directory)
            }
        }
        guard let partition = request("cpuset.cpus.partition") else { return }
        try planPlain(
            partition, direction: partition.value == .text("member") ? .widens : .narrows)
    }

    /// Checks a v2 list.
    ///
    /// Only the part that the parent has applies.
    ///
    /// v2 accepts any list, and uses the parent's if nothing of it is left.
    private mutating func checkUnified(
        _ wanted: RangeList, _ name: String, _ effective: String, _ directory: CgroupDirectory
    ) throws(ActuationError) {
        // An empty list means everything that the parent has.
        guard !wanted.isEmpty, let parent = list(effective, of: directory.enclosing) else { return }
        if wanted.intersection(parent).isEmpty {
            throw ActuationError(
                .outOfRange,
                "\(name)=\(wanted) has none of those of the parent of \(files.path), which has "
                    + "\(parent); choose from these")
        }
        if !wanted.isSubset(of: parent) {
            warnings.append(
                "\(name): of \(wanted) only \(wanted.intersection(parent)) applies; the parent has "
                    + "\(parent)")
        }
    }

    /// Throws if the list exceeds the parent's (EACCES on v1) or excludes a child's (EBUSY).
    private mutating func checkLegacy(
        _ wanted: RangeList, _ name: String, _ directory: CgroupDirectory
    ) throws(ActuationError) {
        if let parent = list(name, of: directory.enclosing), !wanted.isSubset(of: parent) {
            throw ActuationError(
                .outOfRange,
                "\(name)=\(wanted) exceeds the parent of \(files.path), which has \(parent); choose "
                    + "from these, or set the parent first")
        }
        for child in directory.visibleChildren {
            guard let theirs = list(name, of: child), !theirs.isSubset(of: wanted) else { continue }
            throw ActuationError(
                .inTheWay,
                "\(name)=\(wanted) excludes some of the child \(child.path), which has \(theirs); "
                    + "narrow the child first")
        }
        let other = name == "cpuset.cpus" ? "cpuset.mems" : "cpuset.cpus"
        if request(other) == nil, list(other, of: directory)?.isEmpty == true {
            warnings.append("no task can join until \(other) is set, too")
        }
    }

    private func list(_ name: String, of directory: CgroupDirectory?) -> RangeList? {
        directory?.textIfAny(name, files.files).flatMap { RangeList($0) }
    }
}
