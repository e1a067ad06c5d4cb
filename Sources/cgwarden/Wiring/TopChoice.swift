import ArgumentParser
import CgroupModel

/// Selects the cgroups with the highest values of a field.
struct TopChoice {
    private let count: Int
    private let field: FieldName

    init(_ count: Int, by field: FieldName?) {
        self.count = count
        self.field = field ?? .usual
    }

    /// The metrics that the choice depends on.
    var metrics: [MetricID] { [field.metric.id] }

    /// Returns the cgroups among `indices` with the highest values, highest first.
    ///
    /// The first sample has no rates, so it is ranked by the counters.
    func rows(_ snapshot: Snapshot, _ indices: [Int]) -> [Int] {
        var ranked = indices.map { (value: field.number($0, in: snapshot), index: $0) }
        if field.isRate, ranked.allSatisfy({ $0.value == nil }) {
            ranked = indices.map { (field.total($0, in: snapshot), $0) }
        }
        // Break ties by path.
        ranked.sort { ($0.value ?? -1, $1.index) > ($1.value ?? -1, $0.index) }
        return ranked.prefix(count).map(\.index)
    }
}

/// A field by which cgroups are ordered: `memory.current`, `io.wbytes.rate`.
struct FieldName: ExpressibleByArgument {
    /// The default: the rate of CPU usage.
    static let usual = FieldName(metric: MetricCatalog[.cpuUsage], isRate: true)

    let metric: Metric
    /// Whether it is the rate of a counter.
    let isRate: Bool

    private init(metric: Metric, isRate: Bool) {
        self.metric = metric
        self.isRate = isRate
    }

    init(parsing text: String) throws {
        guard let field = FieldName(argument: text) else {
            throw ValidationError(
                CatalogName(text)?.metric == nil
                    ? CatalogName.refusal(ofMetric: text)
                    : "\(text) is a text field; choose a numeric field")
        }
        self = field
    }

    init?(argument: String) {
        guard let name = CatalogName(argument), let metric = name.metric, metric.kind != .text
        else { return nil }
        self.init(metric: metric, isRate: name.isRate)
    }

    static var defaultCompletionKind: CompletionKind { .words(MetricCatalog.all.map(\.name)) }

    /// Returns the value of a cgroup; nil if it has none.
    func number(_ index: Int, in snapshot: Snapshot) -> Double? {
        guard isRate else { return total(index, in: snapshot) }
        return snapshot.totalRate(index, metric.id)
    }

    func total(_ index: Int, in snapshot: Snapshot) -> Double? {
        snapshot.total(index, metric.id).value.map { Double($0) }
    }
}
