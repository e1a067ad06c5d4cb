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
            let ancestor = try CpusetCheck(directory: directory, files: files.files)
                .check(wanted, for: name)
            if files.isUnified(.cpuset), let effective = CpusetFile.effective(name, isUnified: true)
            {
                warnOfIneffective(wanted, name, ancestor)
                writes[writes.count - 1].effective = ControlCell(effective)
            } else {
                warnOfEmpty(besides: name, directory)
            }
        }
        guard let partition = request("cpuset.cpus.partition") else { return }
        try planPlain(
            partition, direction: partition.value == .text("member") ? .widens : .narrows)
    }

    /// Warns of the part of a v2 list that an ancestor does not have.
    private mutating func warnOfIneffective(
        _ wanted: RangeList, _ name: String, _ ancestor: CpusetCheck.Ancestor?
    ) {
        guard let ancestor, !wanted.isSubset(of: ancestor.list) else { return }
        warnings.append(
            "\(name): of \(wanted) only \(wanted.intersection(ancestor.list)) applies; "
                + "\(ancestor.path) has \(ancestor.list)")
    }

    /// Warns if the other list of a v1 cgroup stays empty.
    private mutating func warnOfEmpty(besides name: String, _ directory: CgroupDirectory) {
        let other = name == "cpuset.cpus" ? "cpuset.mems" : "cpuset.cpus"
        if request(other) == nil, directory.textIfAny(other, files.files) == "" {
            warnings.append("no process can join until \(other) is set, too")
        }
    }
}
