import CgroupModel

extension PlanDraft {
    /// Plans CPU quota, period, burst, idle and weight; setting idle also resets the weight.
    mutating func planCPU() throws(ActuationError) {
        try planBandwidth()
        try planIdleAndWeight()
    }

    private mutating func planBandwidth() throws(ActuationError) {
        let cpus = request("cpu.max")
        let period = request("cpu.max.period")
        let burst = request("cpu.max.burst")
        guard cpus != nil || period != nil || burst != nil else { return }
        let directory = try files.directory(.cpu)
        let isUnified = files.isUnified(.cpu)
        guard let present = Bandwidth(of: directory, isUnified: isUnified, files.files) else {
            throw ActuationError(
                .unavailable,
                "\(files.path) has no CPU quota; is the controller cpu enabled for it?")
        }
        let wanted = Bandwidth(
            cpus: cpus?.value ?? present.cpus, period: period?.value.number ?? present.period)
        try check(wanted, burst, in: directory, isUnified)
        if cpus != nil || period != nil {
            let name = cpus == nil ? "cpu.max.period" : "cpu.max"
            if isUnified {
                try add(
                    name, directory, "cpu.max", cpus == nil ? .periodOfQuota : .quotaAndPeriod,
                    present.unifiedText, .text(wanted.unifiedText))
            } else {
                try checkNeighbors(of: wanted, directory)
                try addLegacy(present, wanted, directory, name)
            }
            let direction = WriteDirection(from: present.cpus, to: wanted.cpus)
            for index in writes.indices where writes[index].name.hasPrefix("cpu.max") {
                writes[index].direction = direction
            }
        }
        planned.formUnion(["cpu.max", "cpu.max.period"])
        // A burst must not exceed the quota, so it is lowered before the quota and raised after it.
        guard let burst, let new = burst.value.number else { return }
        let found = try files.locate(burst.limit, instance: nil)
        let falls = new < found.file.coding.decode(found.old)?.number ?? 0
        try planPlain(burst, direction: falls ? .widens : .narrows)
        if falls { writes.insert(writes.removeLast(), at: 0) }
    }

    /// Throws if the kernel would refuse the quota or its burst.
    private func check(
        _ wanted: Bandwidth, _ burst: LimitRequest?, in directory: CgroupDirectory,
        _ isUnified: Bool
    ) throws(ActuationError) {
        guard let quota = wanted.quota else { return }
        guard quota >= 1000 else {
            throw ActuationError(
                .usage,
                "cpu.max is \(quota) us per period of \(wanted.period) us, and the kernel accepts "
                    + "no less than 1000 us; set a longer cpu.max.period, too")
        }
        let file = isUnified ? "cpu.max.burst" : "cpu.cfs_burst_us"
        let present = UInt64(directory.textIfAny(file, files.files) ?? "") ?? 0
        let most = burst?.value.number ?? present
        guard most > quota else { return }
        throw ActuationError(
            .usage,
            "cpu.max.burst is \(most) us, which is above the quota of \(quota) us; set "
                + "cpu.max.burst=\(quota)us or less, too")
    }

    /// Throws if the quota exceeds the parent's or is below a child's, which v1 refuses (EINVAL).
    private func checkNeighbors(
        of wanted: Bandwidth, _ directory: CgroupDirectory
    ) throws(ActuationError) {
        var above = directory.enclosing
        while let here = above, !here.path.isRoot {
            let theirs = Bandwidth(of: here, isUnified: false, files.files)?.cpus ?? .unlimited
            if case .number = theirs {
                guard case .number = wanted.cpus, wanted.cpus.isWider(than: theirs) else { break }
                throw ActuationError(
                    .outOfRange,
                    "cpu.max=\(wanted.cpus.cpuText) is above \(theirs.cpuText) of its parent "
                        + "\(here.path); raise that first, or set less")
            }
            above = here.enclosing
        }
        guard wanted.quota != nil, let child = widestChild(of: directory),
            child.cpus.isWider(than: wanted.cpus)
        else { return }
        throw ActuationError(
            .inTheWay,
            "cpu.max=\(wanted.cpus.cpuText) is below \(child.cpus.cpuText) of its child "
                + "\(child.path); lower that first")
    }

    /// Returns the child with the widest quota.
    ///
    /// A child without a quota has its parent's, so its own children count instead.
    private func widestChild(of directory: CgroupDirectory) -> (path: CgroupPath, cpus: LimitValue)?
    {
        var widest: (path: CgroupPath, cpus: LimitValue)?
        for child in directory.visibleChildren {
            let theirs = Bandwidth(of: child, isUnified: false, files.files)?.cpus ?? .unlimited
            let candidate = theirs == .unlimited ? widestChild(of: child) : (child.path, theirs)
            guard let candidate else { continue }
            if widest.map({ candidate.cpus.isWider(than: $0.cpus) }) ?? true { widest = candidate }
        }
        return widest
    }

    /// Plans the writes of quota and period, which are two files on v1.
    ///
    /// The state between the writes is the tighter one of both orders, because a looser one might
    /// exceed the parent's share.
    private mutating func addLegacy(
        _ present: Bandwidth, _ wanted: Bandwidth, _ directory: CgroupDirectory, _ name: String
    ) throws(ActuationError) {
        let quotaFirst = Bandwidth(quota: wanted.quota, period: present.period).cpus
        let periodFirst = Bandwidth(quota: present.quota, period: wanted.period).cpus
        let coding = LimitFile.Coding.quota
        let old = coding.text(ofStored: present.limit) ?? ""
        let quota = { (draft: inout PlanDraft) throws(ActuationError) in
            try draft.add(name, directory, "cpu.cfs_quota_us", coding, old, wanted.limit)
        }
        let startsWithQuota = !quotaFirst.isWider(than: periodFirst)
        if startsWithQuota { try quota(&self) }
        if present.period != wanted.period {
            try add(
                "cpu.max.period", directory, "cpu.cfs_period_us", .number(unlimited: nil),
                "\(present.period)", .number(wanted.period))
        }
        if !startsWithQuota { try quota(&self) }
    }

    private mutating func add(
        _ name: String, _ directory: CgroupDirectory, _ cell: ControlCell,
        _ coding: LimitFile.Coding, _ rawOld: String, _ new: LimitValue
    ) throws(ActuationError) {
        guard
            let write = PlannedWrite(
                name: name, instance: nil, directory: directory, cell: cell, coding: coding,
                rawOld: rawOld, new: new, direction: .neither, nesting: 0)
        else { throw ActuationError(.failed, "\(name): no text for its value in \(cell)") }
        writes.append(write)
    }

    private mutating func planIdleAndWeight() throws(ActuationError) {
        let weight = request("cpu.weight")
        guard let idle = request("cpu.idle") else {
            guard let weight else { return }
            let directory = try files.directory(.cpu)
            if directory.textIfAny("cpu.idle", files.files) == "1" {
                throw ActuationError(
                    .refused,
                    "\(files.path) is idle, so its weight cannot be set; set cpu.idle=0, too")
            }
            return try planPlain(weight, direction: .neither)
        }
        if idle.value == .number(1) {
            if weight != nil {
                throw ActuationError(
                    .usage, "an idle cgroup has no weight; set cpu.idle=1 or cpu.weight, not both")
            }
            // The kernel forgets the weight then. Writing it first records it, so that it can be
            // restored.
            if let limit = LimitCatalog.limit(named: "cpu.weight"),
                (try? files.locate(limit, instance: nil)) != nil,
                files.directoryText("cpu.idle", .cpu) == "0"
            {
                try planPlain(LimitRequest(limit: limit, value: .number(100)), direction: .neither)
                if writes.last?.isDone == true { writes.removeLast() }
            }
            try planPlain(idle, direction: .narrows)
        } else {
            try planPlain(idle, direction: .widens)
            if let weight { try planPlain(weight, direction: .neither) }
        }
        planned.formUnion(["cpu.idle", "cpu.weight"])
    }
}

extension Bandwidth {
    /// Reads a cgroup's quota and period; nil if it has none.
    init?(of directory: CgroupDirectory, isUnified: Bool, _ files: any ControlFiles) {
        if isUnified {
            guard let text = directory.textIfAny("cpu.max", files) else { return nil }
            self.init(text)
        } else {
            guard let quota = directory.textIfAny("cpu.cfs_quota_us", files),
                let period = directory.textIfAny("cpu.cfs_period_us", files)
            else { return nil }
            self.init(quota: quota, period: period)
        }
    }
}

extension CgroupFiles {
    /// Returns the text of a controller's file; nil if it cannot be read.
    func directoryText(_ name: String, _ controller: Controller) -> String? {
        (try? directory(controller))?.textIfAny(name, files)
    }
}
