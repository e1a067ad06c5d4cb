package import CgroupModel

/// All names that expressions can use: the policy's own, the host's, and all numbers of
/// ``MetricCatalog``.
package enum PolicyVocabulary {
    /// All metrics, the policy's own first.
    package static let all: [PolicyMetric] = {
        let own = ownRows + pressureRows + hostRows
        let taken = Set(own.map(\.name))
        return own + MetricCatalog.all.compactMap(row).filter { !taken.contains($0.name) }
    }()

    private static let index: [String: Int] = Dictionary(
        uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    /// Returns the metric with a name, which begins with `host.` for those of the host; nil if
    /// unknown.
    package static func metric(named name: String) -> PolicyMetric? { index[name].map { all[$0] } }

    /// Returns the metric of a term; nil if unknown.
    package static func metric(of term: MetricTerm) -> PolicyMetric? {
        metric(named: term.scope == .host ? "host.\(term.name)" : term.name)
    }

    private static let ownRows: [PolicyMetric] = [
        derived("memory.limit", .memoryLimit, .bytes, "Lowest memory limit, ancestors included."),
        derived(
            "memory.unreclaimable", .memoryUnreclaimable, .bytes, "Memory that cannot be reclaimed."
        ),
        alias("memory.swap", of: "memory.swap.current"),
        alias("memory.high_events", of: "memory.events.high"),
        alias("memory.max_events", of: "memory.events.max", legacy: "memory.failcnt"),
        alias("memory.oom_events", of: "memory.events.oom"),
        alias(
            "memory.oom_kills", of: "memory.events.oom_kill",
            legacy: "memory.events.local.oom_kill"),
        alias("cpu.usage", of: "cpu.usage_usec", isRate: true),
        alias("cpu.user", of: "cpu.user_usec", isRate: true),
        alias("cpu.system", of: "cpu.system_usec", isRate: true),
        alias("cpu.throttled_time", of: "cpu.throttled_usec"),
        derived(
            "cpu.throttled_ratio", .throttledRatio, .percent, scale: 100,
            "Quota periods in which the cgroup was throttled."),
        derived("cpu.limit", .cpuLimit, .cpus, "CPUs available under quotas and cpuset."),
        alias("io.read_rate", of: "io.rbytes", isRate: true),
        alias("io.write_rate", of: "io.wbytes", isRate: true),
        alias("io.read_ops", of: "io.rios", isRate: true),
        alias("io.write_ops", of: "io.wios", isRate: true),
        alias("pids.forks_failed", of: "pids.events.max"),
        derived(
            "group.populated", .populated, .flag, "Whether it or a descendant holds a process."),
        derived("group.age", .age, .seconds, "Time since the cgroup was first seen."),
        derived("group.frozen", .frozen, .flag, "Whether all of its processes are frozen."),
    ].compactMap { $0 }

    private static let hostRows: [PolicyMetric] = [
        derived("host.memory.total", .hostMemoryTotal, .bytes, "Memory of the host."),
        derived(
            "host.memory.available", .hostMemoryAvailable, .bytes,
            "Memory available without swapping."),
        derived("host.memory.swap_total", .hostSwapTotal, .bytes, "Swap of the host."),
        derived("host.memory.swap_free", .hostSwapFree, .bytes, "Free swap."),
        derived("host.load", .hostLoad, .count, "Load average over one minute."),
        derived(
            "host.cpu.util", .hostCPUUse, .percent, scale: 100, "Busy share of all CPUs."),
        derived(
            "host.disk.util", .hostDiskUse, .percent, scale: 100, takesInstance: true,
            "Busy share of a disk, by default of the busiest."),
        // The source is in minutes; `22h` means 22:00.
        derived("host.time", .hostTime, .seconds, scale: 60, "Time since local midnight."),
    ]

    /// Derived from the catalog: pressure of interrupts has no `some`.
    private static let pressureRows: [PolicyMetric] = ["cpu", "memory", "io", "irq"].flatMap {
        resource in
        ["some", "full"].flatMap { line in
            ["avg10", "avg60", "avg300", "total"].flatMap { window -> [PolicyMetric] in
                let own = alias(
                    "psi.\(resource).\(line).\(window)",
                    of: "\(resource).pressure.\(line).\(window)")
                return [own, own.map { host($0, resource, line, window) }].compactMap { $0 }
            }
        }
    }

    private static func host(
        _ own: PolicyMetric, _ resource: String, _ line: String, _ window: String
    ) -> PolicyMetric {
        PolicyMetric(
            name: "host.\(own.name)", isCounter: own.isCounter, unit: own.unit,
            rateUnit: own.rateUnit, scale: own.scale,
            source: .derived(.hostPressure(resource: resource, line: line, window: window)),
            takesInstance: false, help: "\(own.help.dropLast()), for the whole host.")
    }

    private static func derived(
        _ name: String, _ derivation: PolicyMetric.Derivation, _ unit: PolicyUnit,
        scale: Double = 1, takesInstance: Bool = false, _ help: String
    ) -> PolicyMetric {
        PolicyMetric(
            name: name, isCounter: false, unit: unit, rateUnit: nil, scale: scale,
            source: .derived(derivation), takesInstance: takesInstance, help: help)
    }

    /// Creates a second name for a metric of the catalog.
    private static func alias(
        _ name: String, of row: String, isRate: Bool = false, legacy: String? = nil
    ) -> PolicyMetric? {
        guard let metric = MetricCatalog.metric(named: row) else { return nil }
        return self.row(
            metric, name: name, isRate: isRate,
            legacy: legacy.flatMap { MetricCatalog.metric(named: $0)?.id })
    }

    private static func row(_ metric: Metric) -> PolicyMetric? {
        row(metric, name: metric.name, isRate: false, legacy: nil)
    }

    /// Converts a metric of the catalog; nil for text, and for numbers that may be negative.
    private static func row(
        _ metric: Metric, name: String, isRate: Bool, legacy: MetricID?
    ) -> PolicyMetric? {
        guard metric.kind != .text, let (unit, scale) = unit(of: metric.unit) else { return nil }
        let isCounter = metric.kind == .counter
        return PolicyMetric(
            name: name, isCounter: isCounter, unit: unit,
            rateUnit: isCounter ? rateUnit(of: metric) : nil, scale: scale,
            source: .catalog(metric.id), takesInstance: metric.dimension != nil, isRate: isRate,
            legacy: legacy, help: metric.help)
    }

    private static func unit(of unit: MetricUnit) -> (PolicyUnit, Double)? {
        switch unit {
        case .bytes: (.bytes, 1)
        case .microseconds: (.seconds, 1e-6)
        case .count, .weight: (.count, 1)
        case .flag: (.flag, 1)
        case .percentHundredths: (.percent, 0.01)
        case .bytesPerSecond: (.bytesPerSecond, 1)
        case .operationsPerSecond: (.perSecond, 1)
        case .signed, .none: nil
        }
    }

    /// CPU time per second is a number of CPUs; stall time, or the busy time of a disk, is a
    /// percentage.
    private static func rateUnit(of metric: Metric) -> PolicyUnit {
        switch metric.unit {
        case .bytes: .bytesPerSecond
        case .microseconds: [.cpu, .cpuacct].contains(metric.controller) ? .cpus : .percent
        default: .perSecond
        }
    }
}

extension PolicyVocabulary {
    /// Returns why a term has no value in a mode; nil if it may have one.
    ///
    /// Hybrid hosts mount both versions, so nothing is excluded there.
    package static func obstacle(to term: MetricTerm, on mode: HierarchyMode) -> String? {
        guard mode != .hybrid, let metric = metric(of: term), case .catalog(let id) = metric.source
        else { return nil }
        let row = MetricCatalog[id]
        let exists = mode == .v2 ? row.v2 != nil : row.v1 != nil || metric.legacy != nil
        return exists ? nil : "\(metric.name) does not exist on \(mode.rawValue)"
    }
}

extension Rule {
    /// The features that the rule requires, declared or implied by its conditions.
    package var needs: [Requirement] {
        let asked = conditionTerms.contains { $0.scope == .host && $0.name.hasPrefix("psi.") }
        let implied: [Requirement] = asked ? [.psi] : []
        return Requirement.allCases.filter {
            HierarchyMode(rawValue: $0.rawValue) == nil && (requirements + implied).contains($0)
        }
    }

    private var conditionTerms: [MetricTerm] {
        when.terms + until.terms + (repetition?.condition.terms ?? [])
    }

    /// Why the rule is disabled in a mode: a requirement, or a metric of its
    /// conditions that does not exist there; nil if it is enabled.
    package func obstacle(on mode: HierarchyMode) -> String? {
        let modes = requirements.compactMap { HierarchyMode(rawValue: $0.rawValue) }
        if let other = modes.first(where: { $0 != mode }) { return "it requires \(other.rawValue)" }
        return conditionTerms.lazy.compactMap { PolicyVocabulary.obstacle(to: $0, on: mode) }.first
    }
}
