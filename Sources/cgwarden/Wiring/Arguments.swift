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

extension ArgumentHelp {
    /// The help of a cgroup that ``CgroupLookup/resolve(_:)`` finds.
    static var cgroup: ArgumentHelp {
        "Path, directory or unique name of the cgroup; see cgwarden(1)."
    }
}

/// A condition on cgroups on the command line.
struct CgroupCondition {
    let text: String
    let filter: CgroupFilter

    init(parsing text: String) throws(FilterError) {
        self.text = text
        filter = try CgroupFilter(parsing: text)
    }

    /// Notes that nothing matches, because the only sample has no rates.
    func noteMissingRates() {
        guard filter.comparesRates else { return }
        StandardOutput.complain(
            "cgwarden: note: one sample has no rates, so --where finds none; use -n 2")
    }
}

/// A comma-separated list of metrics.
struct FieldList {
    let metrics: [MetricID]
    /// A note for each former name, and for each name of one page size.
    let notes: [String]
    /// Whether a name means a rate.
    let namesRates: Bool

    init(parsing text: String) throws {
        var metrics: [MetricID] = []
        var notes: [String] = []
        var namesRates = false
        for part in text.split(separator: ",") {
            let typed = part.trimming(" ")
            if let metric = CatalogName.ofPageSize(typed)?.name.metric {
                metrics.append(metric.id)
                notes.append("\(typed) is in \(metric.name), which has every page size")
                continue
            }
            guard let known = CatalogName(typed), let metric = known.metric else {
                throw ValidationError(CatalogName.refusal(ofMetric: typed))
            }
            metrics.append(metric.id)
            namesRates = namesRates || known.isRate
            if let note = known.note { notes.append(note) }
        }
        self.metrics = metrics
        self.notes = notes
        self.namesRates = namesRates
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
