internal import CgroupModel

/// The units of numbers in expressions.
enum UnitText {
    private struct Unit {
        var name: String
        var counts: PolicyUnit
        var shift = 0
        var factor = 1.0
    }

    private static let bytes = ByteUnit.all.map { unit in
        Unit(
            name: unit.name, counts: .bytes, shift: unit.base == 1000 ? 3 * unit.power : 0,
            factor: unit.base == 1000 ? 1 : Double(unit.bytes))
    }
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

    /// Returns a number in its base unit; nil for an unknown unit.
    static func number(_ digits: String, _ unit: String) -> (Double, PolicyUnit)? {
        guard let unit = all.first(where: { $0.name == unit }) ?? bytes(named: unit),
            let number = PlainNumber.value(digits, shiftedBy: unit.shift)
        else { return nil }
        return (number * unit.factor, unit.counts)
    }

    /// Returns why a text is not a unit, and what to write.
    static func refusal(of unit: String, behind digits: String) -> String {
        let rest = unit.hasSuffix("/s") ? "/s" : ""
        let meanings = ByteUnit.meanings(of: unit.dropLast(rest.count)).map { $0.name + rest }
        if meanings.count == 2 {
            return "has two meanings; write \(digits)\(meanings[0]) or \(digits)\(meanings[1])"
                + (rest.isEmpty ? " (systemd's \(digits)\(unit) is \(digits)\(meanings[0]))" : "")
        }
        let nearest =
            names.first { $0.lowercased() == unit.lowercased() }
            ?? Spelling.names(like: unit, among: names, most: 1, farthest: 1).first
        return "has an unknown unit; "
            + (nearest.map { "write \(digits)\($0)" }
                ?? "units are \(names.joined(separator: ", "))")
    }

    /// Returns a unit of bytes in another spelling, such as `mib` or `Mi/s`; nil for anything else.
    private static func bytes(named text: String) -> Unit? {
        let rest = text.hasSuffix("/s") ? "/s" : ""
        let name = ByteUnit(text.dropLast(rest.count))?.name
        return name.flatMap { name in all.first { $0.name == name + rest } }
    }
}

extension WindowFunction {
    /// Returns the unit of the function's result; nil if the function does not accept the metric.
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

    /// Returns why the function does not accept a metric, and what to write.
    func refusal(of term: MetricTerm, _ metric: PolicyMetric, window: Duration) -> String {
        let window = DurationText.text(window)
        if metric.unit == .flag { return "'\(rawValue)' takes a number, but '\(term)' is a flag" }
        switch self {
        case .avg, .min, .max, .p95, .slope:
            guard !metric.isCounter || metric.isRate else {
                return "'\(rawValue)' takes a level, but '\(term)' is a counter; write "
                    + "rate(\(term), \(window))"
            }
            return "the slope of \(term) has no unit; compare its avg instead"
        case .rate, .delta:
            let instead = metric.isRate ? "avg(\(term), \(window))" : "slope(\(term), \(window))"
            return "'\(rawValue)' takes a counter, but '\(term)' is a level; write \(instead)"
        }
    }
}
