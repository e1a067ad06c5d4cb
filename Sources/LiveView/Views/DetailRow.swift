import CgroupModel

/// A labeled value of a detail pane, followed by a bar or a remark.
struct DetailRow: Hashable, Sendable {
    var label: String
    var value: String
    /// The text after the value.
    var remark = ""
    /// The share that a bar shows; nil for no bar.
    var share: Double?
    var style = Style.plain
}

extension DetailKind {
    /// Returns the rows of one cgroup; a value that can be neither read nor computed has none.
    func rows(_ snapshot: Snapshot, _ index: Int) -> [DetailRow] {
        let facts = CgroupFacts(snapshot: snapshot, index: index)
        return switch self {
        case .cpu: facts.cpu
        case .memory: facts.memory
        case .io: facts.io
        case .pressure: facts.pressure
        case .limits: facts.limits
        }
    }
}

/// Builds the rows of the detail panes.
struct CgroupFacts {
    let snapshot: Snapshot
    let index: Int

    var cpu: [DetailRow] {
        let figures = CgroupFigures(snapshot, index)
        var rows = [
            DetailRow(
                label: "used",
                value: figures.figure(.cpu).text { Quantity.percent($0) + "%" },
                remark: figures.figure(.cpu, percent: false).text {
                    Quantity.duration($0) + " total"
                })
        ]
        for metric in [MetricID.cpuUser, .cpuSystem] {
            let rate = Figure(
                snapshot.rate(index, metric).map { $0 / 1e4 }, from: snapshot[index, metric])
            guard rate != .without(.absent) else { continue }
            rows.append(
                DetailRow(
                    label: metric == .cpuUser ? "user" : "system",
                    value: rate.text { Quantity.percent($0) + "%" },
                    remark: total(metric)))
        }
        let throttled = snapshot[index, .cpuThrottledTime]
        if throttled != .absent {
            rows.append(
                DetailRow(
                    label: "throttled",
                    value: figures.figure(.throttled).text { Quantity.percent($0) + "%" },
                    remark: total(.cpuThrottledTime)
                        + ", \(text(.cpuThrottledPeriods))/\(text(.cpuPeriods)) periods"))
        }
        if let ancestor = snapshot.throttler(of: index) {
            let theirs = CgroupFigures(snapshot, ancestor).figure(.throttled)
            rows.append(
                DetailRow(
                    label: "throttled above", value: theirs.text { Quantity.percent($0) + "%" },
                    remark: "by \(path(ancestor))", style: .warn))
        }
        return rows + quota
            + plain([.cpuWeight, .cpusetCPUs, .cpusetEffectiveCPUs])
    }

    /// The rows of the CPU quota: the cgroup's own, and the effective one.
    var quota: [DetailRow] {
        var rows: [DetailRow] = []
        let own = snapshot[index, .cpuMax]
        let period = snapshot[index, .cpuMaxPeriod].value ?? 0
        if let value = own.value, period > 0 {
            rows.append(
                DetailRow(
                    label: "cpu.max",
                    value: Quantity.fixed(Double(value) / Double(period), 2),
                    remark: "CPUs (\(text(.cpuMax)) in \(text(.cpuMaxPeriod)))"))
        } else if own != .absent {
            rows.append(DetailRow(label: "cpu.max", value: text(.cpuMax)))
        }
        if let bound = snapshot.effectiveCPUQuota(index), bound.from != index {
            rows.append(
                DetailRow(
                    label: "effective quota", value: Quantity.fixed(bound.cpus, 2),
                    remark: "CPUs, from \(path(bound.from))"))
        }
        return rows
    }

    var pressure: [DetailRow] {
        var rows: [DetailRow] = []
        for resource in ["cpu", "memory", "io", "irq"] {
            for share in ["some", "full"] {
                let averages = [10, 60, 300].compactMap { window in
                    MetricCatalog.metric(named: "\(resource).pressure.\(share).avg\(window)")
                }
                let readings = averages.map { snapshot[index, $0.id] }
                guard readings.contains(where: { $0 != .absent }) else { continue }
                let texts = readings.map { Figure($0).text(Quantity.hundredths) }
                let total = MetricCatalog.metric(named: "\(resource).pressure.\(share).total")
                    .map { snapshot[index, $0.id] }
                var remark = texts.dropFirst().map { Self.right($0, 6) }.joined()
                if let total, total.value != nil {
                    remark += Self.right(Figure(total).text(Quantity.duration), 9)
                }
                rows.append(
                    DetailRow(label: "\(resource) \(share)", value: texts[0], remark: remark))
            }
        }
        guard !rows.isEmpty else { return [DetailRow(label: "no pressure values", value: "-")] }
        let head = DetailRow(
            label: "in percent of", value: "10s", remark: "   60s  300s   total", style: .dim)
        return [head] + rows
    }

    // MARK: Parts

    func plain(_ metrics: [MetricID]) -> [DetailRow] {
        metrics.compactMap { metric in
            guard snapshot[index, metric] != .absent else { return nil }
            return DetailRow(label: MetricCatalog[metric].name, value: text(metric))
        }
    }

    func text(_ metric: MetricID) -> String { MetricText.text(snapshot[index, metric], metric) }

    func path(_ index: Int?) -> String {
        index.map { snapshot.cgroups[$0].path.description } ?? "-"
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func total(_ metric: MetricID) -> String { text(metric) + " total" }
}
