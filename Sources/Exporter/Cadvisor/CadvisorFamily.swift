import CgroupModel

/// One of cAdvisor's metrics about a cgroup: where its samples come from.
struct CadvisorFamily: Sendable {
    /// What a sample shows of the cgroup at a position; without a number there is no sample.
    typealias Value = @Sendable (Snapshot, Int) -> Reading
    /// One sample of each cgroup.
    typealias Part = (labels: [UInt8], value: Value)

    let family: Family
    /// The rows of the catalog that the values are made of.
    let metrics: [MetricID]
    let parts: [Part]
    /// The part of an exposition that it belongs to.
    var collector: Collector { metrics.first.map { MetricCatalog[$0].collector } ?? .core }

    /// Names the labels of each part beyond those of the cgroup: `cpu="total"`.
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

    /// A family with one sample a cgroup.
    init(
        _ name: String, _ kind: Family.Kind, from metrics: [MetricID], labels: String = "",
        _ help: String, _ value: @escaping Value
    ) {
        self.init(name, kind, from: metrics, help, parts: [(labels, value)])
    }

    /// A family that shows one row of the catalog as it is.
    init(
        _ name: String, _ kind: Family.Kind, _ metric: String, labels: String = "", _ help: String
    ) {
        let id = MetricCatalog.id(metric)
        self.init(name, kind, from: [id], labels: labels, help) { $0[$1, id] }
    }

    /// A limit in whose place cAdvisor writes 0 where there is none.
    init(orZero name: String, firstOf metrics: String..., help: String) {
        let ids = metrics.map(MetricCatalog.id)
        self.init(name, .gauge, from: ids, help) { snapshot, index in
            let known = ids.lazy.map { snapshot[index, $0] }.first { $0.isKnown } ?? .absent
            return known == .unlimited ? Reading(0) : known
        }
    }
}

extension Family {
    /// Takes the unit from the name; what is in seconds comes in microseconds.
    init(cadvisor name: String, _ kind: Kind, _ help: String) {
        let stem = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
        let unit = ["bytes", "seconds"].first { stem.hasSuffix("_" + $0) }
        self.init(name, kind, unit: unit, scale: unit == "seconds" ? 1_000_000 : 1, help)
    }
}
