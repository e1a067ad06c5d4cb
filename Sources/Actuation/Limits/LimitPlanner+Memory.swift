import CgroupModel

extension PlanDraft {
    /// Plans memory limits, where the limit of memory and swap together bounds that of memory.
    mutating func planMemory() throws(ActuationError) {
        let maximum = request("memory.max")
        let total = request("memory.memsw.max")
        guard maximum != nil || total != nil else { return }
        if files.isUnified(.memory) {
            if let total { try planUnifiedTotal(total, maximum) }
        } else {
            try checkLegacyPair(maximum, total)
            if let total {
                try planPlain(total)
                try keepAboveUsage(total, "memory.memsw.usage_in_bytes")
            }
        }
        guard let maximum else { return }
        try planPlain(maximum)
        try keepAboveUsage(
            maximum, files.isUnified(.memory) ? "memory.current" : "memory.usage_in_bytes")
    }

    /// Throws if memory exceeds memory and swap, which v1 refuses (EINVAL).
    private func checkLegacyPair(
        _ maximum: LimitRequest?, _ total: LimitRequest?
    ) throws(ActuationError) {
        guard let memory = try wantedOrPresent(maximum, "memory.max"),
            let both = try wantedOrPresent(total, "memory.memsw.max"), memory.isWider(than: both)
        else { return }
        let advice =
            switch (maximum, total) {
            case (nil, _): "lower memory.max, too"
            case (_, nil): "raise memory.memsw.max, too"
            default: "choose a higher total"
            }
        throw ActuationError(
            .usage,
            "memory.max=\(memory.byteText) is above memory.memsw.max=\(both.byteText), which includes "
                + "swap; \(advice)")
    }

    private func wantedOrPresent(
        _ request: LimitRequest?, _ name: String
    ) throws(ActuationError) -> LimitValue? {
        if let request { return request.value }
        guard let limit = LimitCatalog.limit(named: name) else { return nil }
        do throws(ActuationError) {
            let found = try files.locate(limit, instance: nil)
            return found.file.coding.decode(found.old)
        } catch {
            // A kernel without swap accounting has no file for the total.
            guard error.code == .unavailable else { throw error }
            return nil
        }
    }

    /// Derives the limit of swap from the total, because v2 has no limit of both.
    ///
    /// This requires a limit of memory.
    private mutating func planUnifiedTotal(
        _ total: LimitRequest, _ maximum: LimitRequest?
    ) throws(ActuationError) {
        guard let swap = LimitCatalog.limit(named: "memory.swap.max") else { return }
        guard request("memory.swap.max") == nil else {
            throw ActuationError(
                .usage, "memory.memsw.max and memory.swap.max are one file on v2; set one of them")
        }
        let wanted: LimitValue
        if let bytes = total.value.number {
            guard let memory = try wantedOrPresent(maximum, "memory.max")?.number else {
                throw ActuationError(
                    .usage,
                    "memory.memsw.max needs memory.max on v2, where swap has a limit of its own; set "
                        + "memory.max, too")
            }
            guard memory <= bytes else {
                throw ActuationError(
                    .usage,
                    "memory.memsw.max=\(total.value.byteText) is below memory.max="
                        + "\(LimitValue.number(memory).byteText); it includes memory and swap")
            }
            wanted = .number(bytes - memory)
        } else {
            wanted = .unlimited
        }
        warnings.append(
            "memory.memsw.max sets memory.swap.max to \(wanted.byteText): the rest is swap")
        try planPlain(LimitRequest(limit: swap, value: wanted))
        planned.insert("memory.memsw.max")
    }

    /// Refuses a limit below usage: v1 would refuse it (EBUSY), and v2 would reclaim and then kill.
    ///
    /// With `shrink` the write is made in steps instead; with `force` it becomes a warning.
    private mutating func keepAboveUsage(
        _ request: LimitRequest, _ usageFile: String
    ) throws(ActuationError) {
        guard let write = writes.last, write.direction != .widens, !write.isDone,
            let new = request.value.number,
            let usage = try write.directory.usage(usageFile, files.files),
            usage < LimitValue.endless
        else { return }
        let isUnified = files.isUnified(.memory)
        guard new < (isUnified ? usage + usage / 20 : usage) else { return }
        if shrink {
            writes[writes.count - 1].shrinks = true
            return
        }
        let usageText = LimitValue.number(usage).roundedByteText
        let threat =
            isUnified
            ? "the kernel reclaims the difference, and kills if it cannot"
            : "the kernel refuses unless it can reclaim the difference"
        if force {
            return warnings.append(
                "\(request.limit.name) goes below or close to usage, \(usageText): \(threat)")
        }
        throw ActuationError(
            .refused,
            "\(request.limit.name)=\(request.value.shortestByteText) is below or close to the usage of "
                + "\(files.path), \(usageText): \(threat); use --shrink to lower it in steps, or "
                + "--force")
    }
}
