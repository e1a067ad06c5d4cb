/// A number that a filter compares: a figure of the views, or any metric or limit of the catalogs.
struct FilterNumber: Hashable, Sendable {
    /// The unit of the number, which decides how an amount is typed.
    enum Unit: Hashable, Sendable {
        case bytes, microseconds, plain
        /// Percent, with the factor to the number's unit: 100 for hundredths.
        case percent(Double)
        /// Millionths of a CPU.
        case cpus
    }

    private enum Source: Hashable, Sendable {
        case figure(FigureName)
        /// The sum of reads and writes per second.
        case transfer
        case metric(MetricID)
        case rate(MetricID)
        /// A row of the catalog of limits.
        case limit(Int)
    }

    private let source: Source
    let unit: Unit

    /// The names that are not in a catalog.
    static let names = FigureName.allCases.map(\.rawValue) + ["io"]

    /// Looks up a name; nil for an unknown one.
    init?(_ name: String) {
        if let figure = FigureName(rawValue: name == "mem%" ? "memory-share" : name) {
            source = .figure(figure)
            unit =
                switch figure {
                case .memory, .swap, .read, .written: .bytes
                case .cpu, .throttled, .memoryShare: .percent(1)
                case .pressureCPU, .pressureMemory, .pressureIO: .percent(100)
                case .tasks, .oom: .plain
                }
        } else if name == "io" {
            (source, unit) = (.transfer, .bytes)
        } else if let known = CatalogName(name), let metric = known.metric {
            // The metric cpu.shares has another unit than its limit, cpu.weight.
            let shown = LimitCatalog.all.firstIndex {
                $0.name == metric.name && $0.name == known.limit?.name && $0.dimension == nil
            }
            if known.isRate {
                (source, unit) = (.rate(metric.id), Self.unit(metric.unit))
            } else if let shown, metric.kind != .text {
                source = .limit(shown)
                unit =
                    LimitCatalog.all[shown].grammar == .cpus ? .cpus : Self.unit(metric.unit)
            } else if metric.kind != .text {
                (source, unit) = (.metric(metric.id), Self.unit(metric.unit))
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    private static func unit(_ unit: MetricUnit) -> Unit {
        switch unit {
        case .bytes, .bytesPerSecond: .bytes
        case .microseconds: .microseconds
        case .percentHundredths: .percent(100)
        case .count, .weight, .flag, .operationsPerSecond, .signed, .none: .plain
        }
    }

    /// The metrics that it is computed from.
    var metrics: [MetricID] {
        switch source {
        case .figure(let name): name.metrics
        case .transfer: [.ioReadBytes, .ioWrittenBytes]
        case .metric(let metric), .rate(let metric): [metric]
        case .limit(let row): LimitCatalog.all[row].metrics.map(\.id) + [.cpuMaxPeriod]
        }
    }

    /// Whether it is a rate, which one sample does not have.
    var isRate: Bool {
        switch source {
        case .figure(let name): [.cpu, .throttled, .read, .written].contains(name)
        case .transfer, .rate: true
        case .metric, .limit: false
        }
    }

    /// The number of a cgroup, or the reason why it has none.
    func figure(_ snapshot: Snapshot, _ index: Int) -> Figure {
        switch source {
        case .figure(let name): CgroupFigures(snapshot, index).figure(name)
        case .transfer: CgroupFigures(snapshot, index).transferred
        case .metric(let metric): Figure(snapshot.total(index, metric))
        case .rate(let metric): CgroupFigures(snapshot, index).rate(metric)
        case .limit(let row):
            switch LimitCatalog.all[row].value(in: snapshot, at: index) {
            case .number(let number): .value(Double(number))
            case .unlimited: .without(.unlimited)
            case .text, nil: .without(.absent)
            }
        }
    }

    /// Parses an amount in the unit of the number, as in `512MiB`, `50%`, `10ms` or `1.5cpus`; nil
    /// if it is not one.
    ///
    /// A letter alone is a power of 1024, as in printed tables. `max` is infinite.
    func amount(_ text: String) -> Double? {
        if text == LimitValue.unlimitedText { return .infinity }
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" }
        guard let number = Double(digits), number.isFinite else { return nil }
        var suffix = text.dropFirst(digits.count)
        if suffix.hasSuffix("/s") { suffix = suffix.dropLast(2) }
        switch unit {
        case .bytes:
            if suffix.isEmpty { return number }
            let meant = ByteUnit(suffix) ?? ByteUnit.meanings(of: suffix).first
            return meant.map { number * Double($0.bytes) }
        case .microseconds:
            let units = ["": 1, "us": 1, "ms": 1e3, "s": 1e6, "m": 60e6, "h": 3600e6]
            return units[String(suffix)].map { number * $0 }
        case .percent(let scale): return suffix.isEmpty || suffix == "%" ? number * scale : nil
        case .cpus:
            let units = ["": 1e6, "cpu": 1e6, "cpus": 1e6, "%": 1e4, "%cpu": 1e4]
            return units[String(suffix)].map { number * $0 }
        case .plain: return suffix.isEmpty ? number : nil
        }
    }

    /// An amount to show in messages.
    var example: String {
        switch unit {
        case .bytes: "512MiB"
        case .microseconds: "10ms"
        case .percent: "50"
        case .cpus: "1.5"
        case .plain: "100"
        }
    }
}
