import CgroupModel

/// A metric family: the name and scale of its samples, and its prepared headers.
struct Family: Sendable {
    /// The metric type, which tells scrapers how to combine the samples.
    enum Kind: Sendable {
        /// A count that only grows; in OpenMetrics, a counter whose name lacks `_total` is written
        /// as unknown.
        case counter
        case gauge
        /// Labels that describe an object, with the value 1; the name ends in `_info`.
        case info
        /// Samples of several types.
        case unknown
    }

    /// The name of the samples.
    let name: [UInt8]
    /// The divisor from a raw value to the base unit: 1,000,000 for microseconds.
    let scale: UInt64
    private let textHeader: [UInt8]
    private let openMetricsHeader: [UInt8]

    init(_ name: String, _ kind: Kind, unit: String? = nil, scale: UInt64 = 1, _ help: String) {
        self.name = Array(name.utf8)
        self.scale = scale
        textHeader = Self.textHeader(name, kind, help)
        openMetricsHeader = Self.openMetricsHeader(name, kind, unit, help)
    }

    /// Creates the family of a catalog row; nil if the row is not exported.
    init?(_ metric: Metric) {
        guard let name = metric.family else { return nil }
        let unit: String?
        var scale: UInt64 = 1
        switch metric.unit {
        case .bytes: unit = "bytes"
        case .microseconds: (unit, scale) = ("seconds", 1_000_000)
        case .bytesPerSecond: unit = "bytes_per_second"
        case .percentHundredths: (unit, scale) = ("ratio", 10_000)
        case .count, .weight, .flag, .operationsPerSecond: unit = nil
        // Signed numbers and words cannot be exported; no row of these units has a family.
        case .signed, .none: return nil
        }
        self.init(
            name, metric.kind == .counter ? .counter : .gauge, unit: unit, scale: scale,
            metric.familyHelp ?? metric.help)
    }

    /// The header lines before the samples.
    func header(_ format: ExpositionFormat) -> [UInt8] {
        format == .text ? textHeader : openMetricsHeader
    }

    private static func textHeader(_ name: String, _ kind: Kind, _ help: String) -> [UInt8] {
        let word =
            switch kind {
            case .counter: "counter"
            case .gauge, .info: "gauge"
            case .unknown: "untyped"
            }
        var bytes: [UInt8] = []
        bytes.append("# HELP \(name) ")
        bytes.append(help: help, .text)
        bytes.append("\n# TYPE \(name) \(word)\n")
        return bytes
    }

    private static func openMetricsHeader(
        _ name: String, _ kind: Kind, _ unit: String?, _ help: String
    ) -> [UInt8] {
        let (suffix, word) =
            switch kind {
            case .counter where !name.hasSuffix("_total"): ("", "unknown")
            case .counter: ("_total", "counter")
            case .gauge: ("", "gauge")
            case .info: ("_info", "info")
            case .unknown: ("", "unknown")
            }
        let family = name.dropLast(name.hasSuffix(suffix) ? suffix.count : 0)
        var bytes: [UInt8] = []
        bytes.append("# TYPE \(family) \(word)\n")
        if let unit, family.hasSuffix("_" + unit) { bytes.append("# UNIT \(family) \(unit)\n") }
        bytes.append("# HELP \(family) ")
        bytes.append(help: help, .openMetrics)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
