import CgroupModel

/// The catalog families that a selection exports, with the rows that fill them.
struct ExportedFamilies: Sendable {
    /// A family with one value per cgroup and row.
    struct Plain: Sendable {
        let family: Family
        let collector: Collector
        /// The rows, each with the end of its label block.
        var rows: [(metric: MetricID, labelEnd: [UInt8])]
    }

    /// A family with one value per device, CPU or other instance of its dimension.
    struct Dimensional: Sendable {
        let family: Family
        let collector: Collector
        let dimension: Dimension
        /// Whether to leave out a device if all of the cgroup's counters for it are zero.
        let isTraffic: Bool
    }

    private(set) var plain: [Plain] = []
    private(set) var dimensional: [Dimensional] = []
    /// The position in ``dimensional`` by catalog row.
    private(set) var placeOf = [Int?](repeating: nil, count: MetricCatalog.all.count)

    init(_ selection: ExportSelection) {
        var places: [String: Int] = [:]
        for metric in MetricCatalog.all where selection.contains(metric) {
            guard let name = metric.family, let family = Family(metric) else { continue }
            if let dimension = metric.dimension {
                placeOf[metric.id.index] = dimensional.count
                dimensional.append(
                    Dimensional(
                        family: family, collector: metric.collector, dimension: dimension,
                        isTraffic: metric.kind == .counter && dimension == .device))
                continue
            }
            let row = (metric: metric.id, labelEnd: [UInt8].labelEnd(metric.familyLabels))
            if let place = places[name] {
                plain[place].rows.append(row)
            } else {
                places[name] = plain.count
                plain.append(Plain(family: family, collector: metric.collector, rows: [row]))
            }
        }
        let keys = MetricCatalog.all.compactMap { metric in
            selection.memoryStatKey(metric).map { key in
                (metric.id, [UInt8].labelEnd([FamilyLabel(name: "key", value: key)]))
            }
        }
        if !keys.isEmpty {
            plain.append(
                Plain(family: CgroupFamilies.memoryStat, collector: .memory, rows: keys))
        }
    }
}
