package import CgroupModel

/// All names that expressions can use: the policy's own, the host's, and all numbers of
/// ``MetricCatalog``.
package enum PolicyVocabulary {
    /// All canonical names, those of the policy first.
    package static let all: [PolicyMetric] = {
        let own = ownRows + hostRows + hostPressureRows
        let taken = Set(own.map(\.name))
        let rows = MetricCatalog.all.compactMap { row($0) }.filter { !taken.contains($0.name) }
        let rates = MetricCatalog.all.filter { $0.kind == .counter }.compactMap {
            row($0, isRate: true)
        }
        return own + rows + rates
    }()

    private static let index: [String: Int] = Dictionary(
        uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    private static let formerNames: [String: String] = Dictionary(
        uniqueKeysWithValues: all.flatMap { row in row.aliases.map { ($0, row.name) } })

    /// The row of a canonical name, with `host.` for the host's; nil for any other.
    package static func metric(named name: String) -> PolicyMetric? { index[name].map { all[$0] } }

    /// Returns the metric of a term; nil if unknown.
    package static func metric(of term: MetricTerm) -> PolicyMetric? {
        metric(named: term.scope == .host ? "host.\(term.name)" : term.name)
    }

    /// The canonical name of a name as written, and whether that is a former one.
    ///
    /// An unknown name is returned as it is.
    package static func canonical(_ written: String) -> (name: String, isFormer: Bool) {
        if index[written] != nil { return (written, false) }
        if let name = formerNames[written] { return (name, true) }
        let isOfHost = written.hasPrefix(hostPrefix)
        guard
            let known = CatalogName(
                isOfHost ? String(written.dropFirst(hostPrefix.count)) : written)
        else { return (written, false) }
        let name = (isOfHost ? hostPrefix : "") + known.canonical
        return index[name] == nil ? (written, false) : (name, known.isFormer)
    }

    /// All names, including former ones, to suggest for a misspelled one.
    package static let names: [String] =
        all.flatMap { [$0.name] + $0.aliases }
        + MetricCatalog.all.flatMap { $0.aliases + $0.rateAliases }

    private static let hostPrefix = "host."

    private static let ownRows: [PolicyMetric] = [
        derived("memory.limit", .memoryLimit, .bytes, "Lowest memory limit, ancestors included."),
        derived(
            "memory.unreclaimable", .memoryUnreclaimable, .bytes, "Memory that cannot be reclaimed."
        ),
        derived(
            "cpu.throttled.ratio", .throttledRatio, .percent, scale: 100,
            formerly: ["cpu.throttled_ratio"], "Quota periods in which the cgroup was throttled."),
        derived("cpu.limit", .cpuLimit, .cpus, "CPUs available under quotas and cpuset."),
        // The catalog's row of this name has no v1 file.
        derived(
            "cgroup.populated", .populated, .flag, "Whether it or a descendant holds a process."),
        derived(
            "cgroup.age", .age, .seconds, formerly: ["group.age"],
            "Time since the cgroup was first seen."),
        derived("cgroup.frozen", .frozen, .flag, "Whether all of its processes are frozen."),
    ]

    /// The catalog names that count the same on v1, by the name of the v2 row.
    private static let legacy = [
        "memory.events.max": "memory.failcnt",
        "memory.events.oom_kill": "memory.events.local.oom_kill",
    ]

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
    private static let hostPressureRows: [PolicyMetric] = ["cpu", "memory", "io", "irq"].flatMap {
        resource in
        ["some", "full"].flatMap { line in
            ["avg10", "avg60", "avg300", "total"].compactMap { window in
                MetricCatalog.metric(named: "\(resource).pressure.\(line).\(window)")
                    .flatMap { row($0) }.map { host($0, resource, line, window) }
            }
        }
    }

    private static func host(
        _ own: PolicyMetric, _ resource: String, _ line: String, _ window: String
    ) -> PolicyMetric {
        PolicyMetric(
            name: hostPrefix + own.name, isCounter: own.isCounter, unit: own.unit,
            rateUnit: own.rateUnit, scale: own.scale,
            source: .derived(.hostPressure(resource: resource, line: line, window: window)),
            takesInstance: false, help: "\(own.help.dropLast()), on the whole host.")
    }

    private static func derived(
        _ name: String, _ derivation: PolicyMetric.Derivation, _ unit: PolicyUnit,
        scale: Double = 1, takesInstance: Bool = false, formerly aliases: [String] = [],
        _ help: String
    ) -> PolicyMetric {
        PolicyMetric(
            name: name, aliases: aliases, isCounter: false, unit: unit, rateUnit: nil, scale: scale,
            source: .derived(derivation), takesInstance: takesInstance, help: help)
    }

    /// A row of the catalog, or the rate of a counter; nil for texts, and for numbers that may be
    /// negative.
    private static func row(_ metric: Metric, isRate: Bool = false) -> PolicyMetric? {
        guard metric.kind != .text, let (unit, scale) = unit(of: metric.unit) else { return nil }
        let isCounter = metric.kind == .counter
        return PolicyMetric(
            name: isRate ? metric.name + CatalogName.rateSuffix : metric.name,
            isCounter: isCounter, unit: unit, rateUnit: isCounter ? rateUnit(of: metric) : nil,
            scale: scale, source: .catalog(metric.id), takesInstance: metric.dimension != nil,
            isRate: isRate,
            legacy: legacy[metric.name].flatMap { MetricCatalog.metric(named: $0)?.id },
            help: metric.help)
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
        let asked = conditionTerms.contains { $0.scope == .host && $0.isPressure }
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
