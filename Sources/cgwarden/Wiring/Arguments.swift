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

/// A condition on cgroups on the command line.
struct CgroupCondition: ExpressibleByArgument {
    let text: String
    let filter: CgroupFilter

    init?(argument: String) {
        guard let filter = try? CgroupFilter(parsing: argument) else { return nil }
        text = argument
        self.filter = filter
    }
}

/// A comma-separated list of metrics.
struct FieldList {
    let metrics: [MetricID]
    /// A note for each former name.
    let notes: [String]

    init(parsing text: String) throws {
        let names = try text.split(separator: ",").map { part -> (CatalogName, MetricID) in
            let name = part.trimming(" ")
            guard let known = CatalogName(name), let metric = known.metric else {
                throw ValidationError(CatalogName.refusal(ofMetric: name))
            }
            return (known, metric.id)
        }
        metrics = names.map(\.1)
        notes = names.compactMap(\.0.note)
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
