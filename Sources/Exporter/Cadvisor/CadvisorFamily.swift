import CgroupModel

/// A cAdvisor metric of cgroups, and the source of its samples.
struct CadvisorFamily: Sendable {
    /// The value of the cgroup at a position; a reading without a number has no sample.
    typealias Value = @Sendable (Snapshot, Int) -> Reading
    /// The source of one sample per cgroup.
    typealias Part = (labels: [UInt8], value: Value)

    let family: Family
    /// The catalog rows that the values use.
    let metrics: [MetricID]
    let parts: [Part]
    /// The collector that the family belongs to.
    var collector: Collector { metrics.first.map { MetricCatalog[$0].collector } ?? .core }

    /// Creates a family; `parts` names the labels of each sample beyond the cgroup's:
    /// `cpu="total"`.
    init(
        _ name: String, _ kind: Family.Kind, from metrics: [MetricID], _ help: String,
        parts: [(labels: String, value: Value)]
    ) {
        family = Family(cadvisor: name, kind, help)
        self.metrics = metrics
        self.parts = parts.map { part in
            var labels: [UInt8] = []
            labels.append(part.labels.isEmpty ? "}" : ",\(part.labels)}")
            return (labels, part.value)
        }
    }

    /// Creates a family with one sample per cgroup.
    init(
        _ name: String, _ kind: Family.Kind, from metrics: [MetricID], labels: String = "",
        _ help: String, _ value: @escaping Value
    ) {
        self.init(name, kind, from: metrics, help, parts: [(labels, value)])
    }

    /// Creates a family that shows one catalog row unchanged.
    init(
        _ name: String, _ kind: Family.Kind, _ metric: String, labels: String = "", _ help: String
    ) {
        let id = MetricCatalog.id(metric)
        self.init(name, kind, from: [id], labels: labels, help) { $0[$1, id] }
    }

    /// Creates the family of a limit for which cAdvisor writes 0 if it is not set.
    init(orZero name: String, firstOf metrics: String..., help: String) {
        let ids = metrics.map(MetricCatalog.id)
        self.init(name, .gauge, from: ids, help) { snapshot, index in
            let known = ids.lazy.map { snapshot[index, $0] }.first { $0.isKnown } ?? .absent
            return known == .unlimited ? Reading(0) : known
        }
    }
}

extension Family {
    /// Takes the unit from the name; readings of a family in seconds are in microseconds.
    init(cadvisor name: String, _ kind: Kind, _ help: String) {
        let stem = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
        let unit = ["bytes", "seconds"].first { stem.hasSuffix("_" + $0) }
        self.init(name, kind, unit: unit, scale: unit == "seconds" ? 1_000_000 : 1, help)
    }
}
