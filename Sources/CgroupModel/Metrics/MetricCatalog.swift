/// All metrics that cgwarden knows.
///
/// The reading plan, columns, exported families, `stat` fields and documentation derive from this
/// table, so a new metric is a new row. The rows are in `MetricCatalog+*.swift`, one file per group
/// of controllers. The facts come from the kernel's Documentation/admin-guide/cgroup-v2.rst and
/// cgroup-v1/*.rst.
package enum MetricCatalog {
    /// All rows, in the order in which they are listed.
    package static let all: [Metric] = {
        let rows = coreRows + cpuRows + memoryRows + ioRows + smallRows
        return rows.enumerated().map { $1.metric(MetricID(index: $0)) }
    }()

    private static let index: [String: MetricID] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0.id) })

    /// Returns the row with a canonical name; nil for other names, which ``CatalogName`` resolves.
    package static func metric(named name: String) -> Metric? { index[name].map { all[$0.index] } }

    /// The row with an ID.
    package static subscript(id: MetricID) -> Metric { all[id.index] }

    /// The ID of a metric that the program itself refers to; an unknown name is a bug.
    package static func id(_ name: String) -> MetricID {
        guard let id = index[name] else { preconditionFailure("no metric is named \(name)") }
        return id
    }
}

/// A row without its index; `formerly` has its former names, `rateFormerly` those of its rate.
struct Row {
    var name: String
    var aliases: [String]
    var rateAliases: [String]
    var controller: Controller
    var kind: MetricKind
    var unit: MetricUnit
    var dimension: Dimension?
    var tier: Tier
    var v2: Source?
    var olderV2Key: String?
    var v1: Source?
    var olderV1: [Source]
    var isEither: Bool
    var family: String?
    var exportGroup: ExportGroup
    var familyLabels: [FamilyLabel]
    var familyHelp: String?
    var help: String

    init(
        _ name: String, _ controller: Controller, _ kind: MetricKind, _ unit: MetricUnit,
        _ tier: Tier, by dimension: Dimension? = nil, v2: Source? = nil, olderV2Key: String? = nil,
        v1: Source? = nil, olderV1: [Source] = [], isEither: Bool = false,
        family: String? = nil, in exportGroup: ExportGroup = .full,
        labels: KeyValuePairs<String, String> = [:], formerly aliases: [String] = [],
        rateFormerly rateAliases: [String] = [], familyHelp: String? = nil, _ help: String
    ) {
        self.name = name
        self.aliases = aliases
        self.rateAliases = rateAliases
        self.controller = controller
        self.kind = kind
        self.unit = unit
        self.dimension = dimension
        self.tier = tier
        self.v2 = v2
        self.olderV2Key = olderV2Key
        self.v1 = v1
        self.olderV1 = olderV1
        self.isEither = isEither
        self.family = family
        self.exportGroup = exportGroup
        familyLabels = labels.map { FamilyLabel(name: $0.key, value: $0.value) }
        self.familyHelp = familyHelp
        self.help = help
    }

    func metric(_ id: MetricID) -> Metric {
        Metric(
            id: id, name: name, aliases: aliases, rateAliases: rateAliases, controller: controller,
            kind: kind, unit: unit,
            dimension: dimension, tier: tier, v2: v2, olderV2Key: olderV2Key, v1: v1,
            olderV1: olderV1, isEither: isEither, family: family, exportGroup: exportGroup,
            familyLabels: familyLabels,
            familyHelp: familyHelp, help: help)
    }
}
