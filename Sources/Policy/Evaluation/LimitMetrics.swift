import CgroupModel

/// Where a snapshot shows the values that ``LimitCatalog`` sets, and what of a cgroup's usage a
/// value limits: the one place that joins the two catalogs.
struct LimitMetrics: Sendable {
    /// How a snapshot shows a value.
    private enum Shape: Sendable {
        case number
        /// v1 `cpu.shares` for a weight.
        case shares
        /// Quota in one column, its period in another.
        case quota(period: MetricID)
        case text
    }

    private struct Row: Sendable {
        let limit: String
        /// The first that a snapshot has a value of counts.
        let metrics: [(MetricID, Shape)]
        /// What it limits: a gauge, or a counter by its rate.
        let usage: MetricID?
    }

    private static let rows: [String: Row] = Dictionary(
        uniqueKeysWithValues: [
            row("memory.max", ["memory.max"], limits: "memory.usage"),
            row("memory.total", ["memory.memsw.max"], limits: "memory.usage"),
            row("memory.swap.max", ["memory.swap.max"], limits: "memory.swap.current"),
            row("memory.swap.high", ["memory.swap.high"], limits: "memory.swap.current"),
            row("memory.soft", ["memory.high", "memory.soft_limit"], limits: "memory.usage"),
            row("memory.high", ["memory.high"], limits: "memory.usage"),
            row("memory.low", ["memory.low"], limits: "memory.usage"),
            row("memory.min", ["memory.min"], limits: "memory.usage"),
            row("memory.oom.group", ["memory.oom.group"]),
            row("memory.zswap.max", ["memory.zswap.max"]),
            row("memory.zswap.writeback", ["memory.zswap.writeback"]),
            row(
                "cpu.max", ["cpu.max"], .quota(period: .cpuMaxPeriod), limits: "cpu.usage_usec"),
            row("cpu.max.period", ["cpu.max.period"]),
            row("cpu.max.burst", ["cpu.max.burst"]),
            row("cpu.weight", ["cpu.weight", "cpu.shares"]),
            row("cpu.idle", ["cpu.idle"]),
            row("cpu.uclamp.min", ["cpu.uclamp.min"]),
            row("cpu.uclamp.max", ["cpu.uclamp.max"]),
            row("cpuset.cpus", ["cpuset.cpus"], .text),
            row("cpuset.mems", ["cpuset.mems"], .text),
            row("cpuset.cpus.partition", ["cpuset.cpus.partition"], .text),
            row("cpuset.cpus.exclusive", ["cpuset.cpus.exclusive"], .text),
            row("io.max.rbps", ["io.max.rbps"], limits: "io.rbytes"),
            row("io.max.wbps", ["io.max.wbps"], limits: "io.wbytes"),
            row("io.max.riops", ["io.max.riops"], limits: "io.rios"),
            row("io.max.wiops", ["io.max.wiops"], limits: "io.wios"),
            row("io.weight", ["io.weight"]),
            row("io.weight.device", ["io.weight.devices.weight"]),
            row("io.latency", ["io.latency.target"]),
            row("io.prio.class", ["io.prio.class"], .text),
            row("cgroup.max.depth", ["cgroup.max.depth"]),
            row(
                "cgroup.max.descendants", ["cgroup.max.descendants"],
                limits: "cgroup.nr_descendants"),
            row("pids.max", ["pids.max"], limits: "pids.current"),
            row("hugetlb.max", ["hugetlb.max"], limits: "hugetlb.current"),
            row("net.classid", ["net_cls.classid"]),
            row("net.prio", ["net_prio.ifpriomap"]),
            row("rdma.max.hca_handle", ["rdma.hca_handle_max"]),
            row("rdma.max.hca_object", ["rdma.hca_object_max"]),
            row("misc.max", ["misc.max"], limits: "misc.current"),
            row("dmem.max", ["dmem.max"], limits: "dmem.current"),
            row("dmem.low", ["dmem.low"], limits: "dmem.current"),
            row("dmem.min", ["dmem.min"], limits: "dmem.current"),
        ].map { ($0.limit, $0) })

    private static func row(
        _ limit: String, _ metrics: [String], _ shape: Shape = .number, limits usage: String? = nil
    ) -> Row {
        Row(
            limit: limit,
            metrics: metrics.compactMap { name in
                MetricCatalog.metric(named: name).map {
                    ($0.id, $0.id == .cpuShares ? .shares : shape)
                }
            },
            usage: usage.flatMap { MetricCatalog.metric(named: $0)?.id })
    }

    /// What a snapshot shows of a value; nil if it does not hold it.
    static func value(
        _ key: LimitKey, _ snapshot: Snapshot, _ position: Int, device: (String) -> InstanceKey?
    ) -> LimitValue? {
        guard let row = rows[key.name], let limit = key.limit else { return nil }
        for (metric, shape) in row.metrics {
            let reading: Reading
            if let dimension = limit.dimension {
                guard let instance = key.instance,
                    let wanted = InstanceKey(instance, dimension, device: device)
                else { return nil }
                let own = snapshot.instances(position).filter { $0.metric == metric }
                let known = own.first { $0.key == wanted } ?? own.first { $0.key == .whole }
                reading = known?.reading ?? missing(limit)
            } else {
                reading = snapshot[position, metric]
            }
            guard reading.isKnown else { continue }
            return value(reading, shape, snapshot, position)
        }
        return nil
    }

    private static func value(
        _ reading: Reading, _ shape: Shape, _ snapshot: Snapshot, _ position: Int
    ) -> LimitValue? {
        guard let number = reading.value else { return .unlimited }
        switch shape {
        case .number: return .number(number)
        case .shares: return LimitFile.Coding.shares.value(ofFile: .number(number))
        case .text: return .text(Word.text(number))
        case .quota(let period):
            guard let period = snapshot[position, period].value, period > 0 else { return nil }
            return Bandwidth(quota: number, period: period).cpus
        }
    }

    /// A disk without a line has no limit; a line of another kind is not known.
    private static func missing(_ limit: Limit) -> Reading {
        limit.group == "io.max" ? .unlimited : .absent
    }

    /// The kernel's text after a write as a value; nil for one that cannot be compared.
    static func value(ofText text: String, _ change: EffectResult.Change) -> LimitValue? {
        let limit = change.key.limit
        let files = (limit?.v2 ?? []) + (limit?.v1 ?? [])
        guard let coding = files.first(where: { $0.name == change.file })?.coding else {
            return nil
        }
        switch coding {
        case .number, .shares, .quotaAndPeriod, .percent, .text: return coding.decode(text)
        default: return nil
        }
    }

    /// What a value limits, by its level, or a counter by its rate: both count in the same unit
    /// (CPU time in millionths of a second, as its limit in those of a CPU).
    static func usage(_ key: LimitKey) -> MetricID? { rows[key.name]?.usage }
}
