import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Prints limits and other values of one cgroup under their canonical names.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the limits of one cgroup.",
        discussion: """
            The names are the same on v1 and v2, and the values of limits have the form that \
            `cgwarden set` accepts. Without a name, it prints every limit that the cgroup has. \
            With names, it also prints other values; `cgwarden stat --list-fields` lists their \
            names.

            Examples:
              cgwarden get /system.slice
              cgwarden get build memory.max cpu.max memory.current
              cgwarden get --json build io.max
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Argument(
        help: "Limits, groups of limits such as io.max, or metrics.", completion: .values)
    var names: [String] = []
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(cgroup)
        let wanted = try WantedValues(names)
        for note in wanted.notes { StandardOutput.complain("cgwarden: note: \(note)") }
        let reader = LimitReader(path, in: set)
        // If no names are given, limits that the cgroup does not have are left out.
        let limits =
            names.isEmpty
            ? LimitCatalog.all.flatMap { reader.read($0) }.filter {
                (try? $0.value.get()) != nil
            } : try wanted.limits.flatMap { reader.read(named: $0) } + wanted.pageSizes(reader)
        var listing = ValueListing(path: path, limits: limits)
        if !wanted.metrics.isEmpty {
            var configuration = SamplerConfiguration()
            configuration.isContinuous = false
            configuration.scope = SampleScope(subtree: path, depth: 0)
            let observation = try Observation(
                options.system, metrics: wanted.metrics, configuration: configuration)
            listing.add(wanted.metrics, of: await observation.sampler.sample())
        }
        try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
    }
}

/// The rows that names refer to.
private struct WantedValues {
    var limits: [Limit] = []
    var metrics: [MetricID] = []
    /// The limits of one page size, as typed: `hugetlb.2MB.max`.
    var paged: [(limit: Limit, size: String, typed: String)] = []
    /// A note for each former name, and for each metric of one page size.
    var notes: [String] = []

    init(_ names: [String]) throws {
        for name in names {
            if let (row, size) = CatalogName.ofPageSize(name) {
                if let limit = row.limit {
                    paged.append((limit, size, name))
                } else if let metric = row.metric {
                    metrics.append(metric.id)
                    notes.append("\(name) is in \(metric.name), which has every page size")
                }
                continue
            }
            guard let known = CatalogName(name) else {
                let group = LimitCatalog.rows(ofGroup: name)
                guard !group.isEmpty else {
                    throw LimitError(CatalogName.unknown(name))
                }
                limits += group
                continue
            }
            if let note = known.note { notes.append(note) }
            // A metric that is not in the limit's unit is printed as a metric: v1's CPU shares.
            if let limit = known.limit, known.metric.map({ $0.name == limit.name }) ?? true {
                limits.append(limit)
                limits += LimitCatalog.all.filter { $0.name == "\(limit.name).device" }
            } else if let metric = known.metric {
                metrics.append(metric.id)
            }
        }
    }

    /// Reads the limits of one page size.
    func pageSizes(_ reader: LimitReader) throws -> [LimitReading] {
        try paged.map { limit, size, typed in
            let readings = reader.read(limit)
            guard let reading = readings.first(where: { $0.instance == size }) else {
                let sizes = readings.compactMap(\.instance).joined(separator: ", ")
                throw CgwardenError(
                    "this kernel has no \(typed) here"
                        + (sizes.isEmpty ? "" : "; sizes here: \(sizes)"), .unavailable)
            }
            return reading
        }
    }
}
