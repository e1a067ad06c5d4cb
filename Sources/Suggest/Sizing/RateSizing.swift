import CgroupModel

/// Sizes cpu.max, pids.max and io.max.
struct RateSizing {
    let record: WorkloadRecord
    let options: SizingOptions

    /// Adds the suggestions, or why there are none.
    func add(
        to suggestions: inout [Suggestion],
        _ unsuggested: inout [(limit: SizedLimit, reason: Unsuggested)]
    ) {
        addQuota(&suggestions, &unsuggested)
        addTasks(&suggestions, &unsuggested)
        for disk in record.disks { add(disk, &suggestions, &unsuggested) }
    }

    /// A quota only where there is one, or if asked for: a weight shares CPUs without wasting them.
    ///
    /// It allows each window of ten seconds, so bursts within a window are throttled.
    private func addQuota(
        _ suggestions: inout [Suggestion],
        _ unsuggested: inout [(limit: SizedLimit, reason: Unsuggested)]
    ) {
        guard let peak = record.cpuPeak, record.quota.isKnown,
            record.quota.value != nil || options.suggestsQuota
        else { return }
        let limit = SizedLimit("cpu.max")
        let share =
            record.periods > 0 ? Double(record.throttledPeriods) / Double(record.periods) : 0
        let raised = Double(record.throttlingQuota) * MemorySizing.raise
        if share >= MemorySizing.mostBoundShare {
            unsuggested.append(
                (
                    limit,
                    .bound(
                        limit: record.throttlingQuota, share: share,
                        atLeast: WrittenSteps.cpus(raised * (1 + options.margin)))
                ))
            return
        }
        let p99 = record.cpu.quantile(0.99)
        // A few throttled periods are bursts; from 1 % on the demand may be higher.
        let isLeast = share >= 0.01
        let base = max(
            Double(p99) * (1 + options.margin), Double(peak.value) * 1.01, isLeast ? raised : 0)
        var evidence = Suggestion.Evidence(peak: peak, p95: record.cpu.quantile(0.95), p99: p99)
        evidence.hits = record.throttledPeriods
        evidence.boundShare = share
        suggestions.append(
            Suggestion(
                limit: limit, value: WrittenSteps.cpus(max(base, 50_000)), present: record.quota,
                isLeast: isLeast, evidence: evidence))
    }

    /// Twice the peak, and room for 32 more: a limit on tasks is meant for fork bombs.
    private func addTasks(
        _ suggestions: inout [Suggestion],
        _ unsuggested: inout [(limit: SizedLimit, reason: Unsuggested)]
    ) {
        guard let peak = record.tasksPeak, peak.value > 0, record.tasksMax.isKnown else { return }
        let limit = SizedLimit("pids.max")
        let share = Double(record.tasksBoundTime) / Double(max(record.tasks.time, 1))
        let raised = record.refusingMax.adding(record.refusingMax)
        if share >= MemorySizing.mostBoundShare {
            unsuggested.append(
                (
                    limit,
                    .bound(
                        limit: record.refusingMax, share: share,
                        atLeast: WrittenSteps.tasks(raised))
                ))
            return
        }
        let isLeast = record.refusingMax > 0
        let count = max(peak.value.adding(max(peak.value, 32)), isLeast ? raised : 0)
        var evidence = Suggestion.Evidence(
            peak: peak, p95: record.tasks.quantile(0.95), p99: record.tasks.quantile(0.99))
        evidence.hits = record.refusedForks
        evidence.boundShare = share
        suggestions.append(
            Suggestion(
                limit: limit, value: min(WrittenSteps.tasks(count), 4_194_304),
                present: record.tasksMax, isLeast: isLeast, evidence: evidence))
    }

    private func add(
        _ disk: DiskRecord, _ suggestions: inout [Suggestion],
        _ unsuggested: inout [(limit: SizedLimit, reason: Unsuggested)]
    ) {
        guard let peak = disk.peak, peak.value > 0,
            disk.present.value != nil || options.suggestsIO
        else { return }
        let limit = SizedLimit(MetricCatalog[disk.limit].name, disk: disk.disk)
        let share = Double(disk.boundTime) / Double(max(disk.rates.time, 1))
        let raised = Double(disk.boundLimit) * MemorySizing.raise
        if share >= MemorySizing.mostBoundShare {
            unsuggested.append(
                (
                    limit,
                    .bound(
                        limit: disk.boundLimit, share: share,
                        atLeast: WrittenSteps.rate(raised * (1 + options.margin)))
                ))
            return
        }
        let isLeast = disk.boundLimit > 0
        let base = max(Double(peak.value), isLeast ? raised : 0) * (1 + options.margin)
        var evidence = Suggestion.Evidence(
            peak: peak, p95: disk.rates.quantile(0.95), p99: disk.rates.quantile(0.99))
        evidence.boundShare = share
        suggestions.append(
            Suggestion(
                limit: limit, value: WrittenSteps.rate(max(base, 10)), present: disk.present,
                isLeast: isLeast, evidence: evidence))
    }
}
