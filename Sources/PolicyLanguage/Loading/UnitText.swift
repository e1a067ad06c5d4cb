/// The units of numbers in expressions.
enum UnitText {
    private struct Unit {
        var name: String
        var counts: PolicyUnit
        var shift = 0
        var factor = 1.0
    }

    private static let bytes: [Unit] = [
        Unit(name: "B", counts: .bytes),
        Unit(name: "KiB", counts: .bytes, factor: 1024),
        Unit(name: "MiB", counts: .bytes, factor: 1_048_576),
        Unit(name: "GiB", counts: .bytes, factor: 1_073_741_824),
        Unit(name: "TiB", counts: .bytes, factor: 1_099_511_627_776),
        Unit(name: "kB", counts: .bytes, shift: 3), Unit(name: "MB", counts: .bytes, shift: 6),
        Unit(name: "GB", counts: .bytes, shift: 9), Unit(name: "TB", counts: .bytes, shift: 12),
    ]
    private static let others: [Unit] = [
        Unit(name: "cpus", counts: .cpus), Unit(name: "cpu", counts: .cpus),
        Unit(name: "%cpu", counts: .cpus, shift: -2),
        Unit(name: "us", counts: .seconds, shift: -6),
        Unit(name: "ms", counts: .seconds, shift: -3), Unit(name: "s", counts: .seconds),
        Unit(name: "m", counts: .seconds, factor: 60),
        Unit(name: "h", counts: .seconds, factor: 3600),
        Unit(name: "d", counts: .seconds, factor: 86400), Unit(name: "%", counts: .percent),
    ]
    private static let rates: [Unit] =
        bytes.map {
            Unit(
                name: $0.name + "/s", counts: .bytesPerSecond, shift: $0.shift, factor: $0.factor)
        } + [
            Unit(name: "/s", counts: .perSecond), Unit(name: "cpus/s", counts: .cpusPerSecond),
            Unit(name: "%/s", counts: .percentPerSecond),
        ]
    private static let all = bytes + others + rates + [Unit(name: "", counts: .count)]

    /// The names that can follow a number, for messages.
    static let names = (bytes + others + rates).map(\.name) + ["%host"]

    /// A number in the base unit of what it counts; nil for an unknown unit.
    static func number(_ digits: String, _ unit: String) -> (Double, PolicyUnit)? {
        guard let unit = all.first(where: { $0.name == unit }),
            let number = PlainNumber.value(digits, shiftedBy: unit.shift)
        else { return nil }
        return (number * unit.factor, unit.counts)
    }
}

extension WindowFunction {
    /// What the function of a metric counts; nil if the function does not take it.
    package func unit(of metric: PolicyMetric) -> PolicyUnit? {
        guard metric.unit != .flag else { return nil }
        let isLevel = !metric.isCounter || metric.isRate
        return switch self {
        case .avg, .min, .max, .p95: isLevel ? metric.valueUnit : nil
        case .slope: isLevel ? metric.valueUnit.slope : nil
        case .rate: metric.isCounter ? metric.rateUnit : nil
        case .delta: metric.isCounter && !metric.isRate ? metric.unit : nil
        }
    }

    /// Why it does not, and what to write.
    func refusal(of term: MetricTerm, _ metric: PolicyMetric, window: Duration) -> String {
        let window = DurationText.text(window)
        if metric.unit == .flag { return "'\(rawValue)' takes a number, '\(term)' is yes or no" }
        switch self {
        case .avg, .min, .max, .p95, .slope:
            guard !metric.isCounter || metric.isRate else {
                return "'\(rawValue)' takes a level, '\(term)' is a counter; write "
                    + "rate(\(term), \(window))"
            }
            return "what \(term) changes by has no unit; compare its avg instead"
        case .rate, .delta:
            let instead = metric.isRate ? "avg(\(term), \(window))" : "slope(\(term), \(window))"
            return "'\(rawValue)' takes a counter, '\(term)' is a level; write \(instead)"
        }
    }
}
