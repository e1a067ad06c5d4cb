import ArgumentParser
import CgroupModel
import KernelIO
import Service

extension Interval: ExpressibleByArgument {
    /// The default in help texts: `60s`.
    package var defaultValueDescription: String { "\(DecimalText.fixed(seconds, places: 0))s" }
}

extension ByteAmount: ExpressibleByArgument {}

extension WrittenTime: ExpressibleByArgument {}

/// A comma-separated list of catalog names.
struct FieldList {
    let metrics: [MetricID]

    init(parsing text: String) throws {
        metrics = try text.split(separator: ",").map { part in
            let name = part.trimming(" ")
            if let metric = MetricCatalog.metric(named: name) { return metric.id }
            // If the name is incomplete, suggest completions rather than names of similar spelling.
            let longer = MetricCatalog.all.map(\.name).filter { $0.hasPrefix(name) }.prefix(3)
            let similar = longer.isEmpty ? MetricCatalog.namesLike(name) : Array(longer)
            let hint =
                similar.isEmpty
                ? "`cgwarden stat --list-fields` lists them"
                : "did you mean \(similar.map { "'\($0)'" }.joined(separator: " or "))?"
            throw ValidationError("unknown field \(name); \(hint)")
        }
        if metrics.isEmpty { throw ValidationError("name at least one field") }
    }

    static let usual: [MetricID] = [
        .pidsCurrent, .cpuUsage, .memoryUsage, .memoryMax, .memorySwapUsage, .memoryPressureSome,
        .ioReadBytes, .ioWrittenBytes,
    ]

    /// All fields with their meaning, one per line.
    static var overview: String {
        MetricCatalog.all.map { metric in
            let name = metric.name + String(repeating: " ", count: max(1, 36 - metric.name.count))
            return "\(name)\(metric.help)\n"
        }.joined()
    }
}

extension Substring {
    /// The text without leading and trailing occurrences of a character.
    fileprivate func trimming(_ character: Character) -> String {
        var rest = self.drop { $0 == character }
        while rest.last == character { rest = rest.dropLast() }
        return String(rest)
    }
}
