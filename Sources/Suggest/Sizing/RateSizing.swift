import CgroupModel

/// Sizes cpu.max, pids.max and io.max.
struct RateSizing {
    let record: WorkloadRecord
    let options: SizingOptions

    /// Adds the suggestions, or the reasons why there are none.
    func add(to findings: inout SizingFindings) {
        addQuota(&findings)
        addTasks(&findings)
        for disk in record.disks { add(disk, &findings) }
    }

    /// Suggests a quota where one is set, or if requested.
    ///
    /// A weight is better: it shares CPUs without wasting them. The quota covers the demand of each
    /// window of ten seconds, so bursts within a window are throttled.
    private func addQuota(_ findings: inout SizingFindings) {
        guard let peak = record.cpuPeak, record.quota.isKnown,
            record.quota.value != nil || options.suggestsQuota
        else { return }
        let share =
            record.periods > 0 ? Double(record.throttledPeriods) / Double(record.periods) : 0
        let raised = Double(record.throttlingQuota) * MemorySizing.raise
        // A few throttled periods are bursts; from 1 % on, the demand may have been higher.
        let isLowerBound = share >= 0.01
        var evidence = Suggestion.Evidence(peak, record.cpu)
        evidence.hits = record.throttledPeriods
        evidence.boundShare = share
        let base = max(
            Double(evidence.p99) * (1 + options.margin), Double(peak.value) * 1.01,
            isLowerBound ? raised : 0)
        findings.add(
            Suggestion(
                limit: SizedLimit("cpu.max"), value: WrittenSteps.cpus(max(base, 50_000)),
                present: record.quota, isLowerBound: isLowerBound, evidence: evidence),
            bound: record.throttlingQuota,
            atLeast: WrittenSteps.cpus(raised * (1 + options.margin)))
    }

    /// Suggests twice the peak, but at least 32 more: a task limit is meant to stop fork bombs.
    private func addTasks(_ findings: inout SizingFindings) {
        guard let peak = record.tasksPeak, peak.value > 0, record.tasksMax.isKnown else { return }
        let raised = record.refusingMax.adding(record.refusingMax)
        let isLowerBound = record.refusingMax > 0
        let count = max(peak.value.adding(max(peak.value, 32)), isLowerBound ? raised : 0)
        var evidence = Suggestion.Evidence(peak, record.tasks)
        evidence.hits = record.refusedForks
        evidence.boundShare = Double(record.tasksBoundTime) / Double(max(record.tasks.time, 1))
        findings.add(
            Suggestion(
                limit: SizedLimit("pids.max"), value: min(WrittenSteps.tasks(count), 4_194_304),
                present: record.tasksMax, isLowerBound: isLowerBound, evidence: evidence),
            bound: record.refusingMax, atLeast: WrittenSteps.tasks(raised))
    }

    private func add(_ disk: DiskRecord, _ findings: inout SizingFindings) {
        guard let peak = disk.peak, peak.value > 0,
            disk.present.value != nil || options.suggestsIO
        else { return }
        let raised = Double(disk.boundLimit) * MemorySizing.raise
        let isLowerBound = disk.boundLimit > 0
        let base = max(Double(peak.value), isLowerBound ? raised : 0) * (1 + options.margin)
        var evidence = Suggestion.Evidence(peak, disk.rates)
        evidence.boundShare = Double(disk.boundTime) / Double(max(disk.rates.time, 1))
        findings.add(
            Suggestion(
                limit: SizedLimit(MetricCatalog[disk.limit].name, disk: disk.disk),
                value: WrittenSteps.rate(max(base, 10)), present: disk.present,
                isLowerBound: isLowerBound, evidence: evidence),
            bound: disk.boundLimit, atLeast: WrittenSteps.rate(raised * (1 + options.margin)))
    }
}
