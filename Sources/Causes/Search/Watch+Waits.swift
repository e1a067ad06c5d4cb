import CgroupModel

extension Watch {
    /// The lines of the pressure files.
    static let waits: [(resource: Resource, what: String, average: MetricID, total: MetricID)] = [
        (.cpu, "some", .cpuPressureSome, .cpuPressureSomeTotal),
        (.cpu, "full", .cpuPressureFull, .cpuPressureFullTotal),
        (.memory, "some", .memoryPressureSome, .memoryPressureSomeTotal),
        (.memory, "full", .memoryPressureFull, .memoryPressureFullTotal),
        (.io, "some", .ioPressureSome, .ioPressureSomeTotal),
        (.io, "full", .ioPressureFull, .ioPressureFullTotal),
    ]

    /// Counters of events for which tasks wait.
    static let counters: [MetricID] = [
        .cpuLocalThrottledTime, .memoryMajorFaults, .memoryFileRefaults, .memoryAnonRefaults,
    ]

    /// The waits of the cgroup's tasks.
    var waitList: [Wait] {
        let pressure = Self.waits.map { line in
            Wait(
                resource: line.resource, what: line.what,
                amount: share(index, line.total, line.average), isShare: true,
                evidence: evidence(
                    index, now.rate(index, line.total) == nil ? line.average : line.total))
        }
        let counted = Self.counters.compactMap { metric -> Wait? in
            guard now[index, metric] != .absent else { return nil }
            let isTime = MetricCatalog[metric].unit == .microseconds
            return Wait(
                resource: isTime ? .cpu : .memory, what: MetricCatalog[metric].name,
                amount: now.rate(index, metric).map { isTime ? $0 / 1e6 : $0 }, isShare: isTime,
                evidence: evidence(index, metric))
        }
        return pressure + counted
    }
}
