package import CgroupModel

/// Writes samples of the past as OpenMetrics text with timestamps, which Prometheus can import.
///
/// The format requires the points of a series, and the series of a family, to be contiguous, but
/// samples come in order of time. The samples are therefore read several times: first to count the
/// points, then once for each batch of series that fits into memory.
package struct HistoryExposition {
    /// The maximum number of points in memory, of 16 bytes each.
    static let usualMost = 2_000_000

    /// A function that reads all samples, oldest first, until the given closure returns false.
    package typealias Pass = ((Snapshot) throws -> Bool) throws -> Void

    /// The end of the text.
    package static let end = Array("# EOF\n".utf8)

    /// A family with the rows that fill it.
    private struct Filled {
        let family: Family
        var rows: [(metric: MetricID, labelEnd: [UInt8])]
        /// The maximum number of series that a cgroup has in the family.
        var width = 0
    }

    /// A series, in output order.
    private struct Series: Hashable, Comparable {
        let family: Int
        let cgroup: Int
        let row: Int
        let key: InstanceKey

        static func < (left: Series, right: Series) -> Bool {
            (left.family, left.cgroup, left.row, left.key)
                < (right.family, right.cgroup, right.row, right.key)
        }
    }

    private struct Point {
        let milliseconds: UInt64
        let value: UInt64
    }

    /// The cgroups of a family whose points fit into memory together.
    private struct Batch {
        let family: Int
        let cgroups: Range<Int>
    }

    private var families: [Filled] = []
    private var labels: InstanceLabels
    private let isWanted: (CgroupPath) -> Bool
    private let most: Int
    /// The cgroups in path order, with the number of samples that contain them.
    private var cgroups: [(path: CgroupPath, samples: Int)] = []
    private var places: [CgroupPath: Int] = [:]
    /// The families whose header has been written.
    private var written: Set<Int> = []

    /// Creates a writer for the families of `metrics`; nil means those of `/metrics` by default.
    ///
    /// `deviceName` returns the name of a block device; if it returns nil, the label is `MAJ:MIN`.
    package init(
        metrics: [MetricID]?, isWanted: @escaping (CgroupPath) -> Bool,
        deviceName: @escaping @Sendable (InstanceKey) -> String?
    ) {
        self.init(
            metrics: metrics, isWanted: isWanted, deviceName: deviceName, most: Self.usualMost)
    }

    init(
        metrics: [MetricID]?, isWanted: @escaping (CgroupPath) -> Bool,
        deviceName: @escaping @Sendable (InstanceKey) -> String?, most: Int
    ) {
        let selection = ExportSelection()
        let chosen = metrics.map { Set($0) }
        self.isWanted = isWanted
        self.most = most
        labels = InstanceLabels(selection, deviceName: deviceName)
        var known: [String: Int] = [:]
        for metric in MetricCatalog.all
        where chosen?.contains(metric.id) ?? selection.contains(metric) {
            guard let name = metric.family, let family = Family(metric) else { continue }
            let place = known[name] ?? families.count
            if place == families.count { families.append(Filled(family: family, rows: [])) }
            known[name] = place
            families[place].rows.append((metric.id, [UInt8].labelEnd(metric.familyLabels)))
        }
    }

    /// Writes the families, without the end of the text.
    package mutating func write(
        from pass: Pass, to output: ([UInt8]) throws -> Void
    ) throws {
        try count(pass)
        var waiting: [Batch] = []
        var points = 0
        for family in families.indices where families[family].width > 0 {
            var start = 0
            for (place, cgroup) in cgroups.enumerated() {
                let size = cgroup.samples * families[family].width
                if points > 0, points + size > most {
                    if start < place {
                        waiting.append(Batch(family: family, cgroups: start..<place))
                    }
                    try write(waiting, pass, output)
                    (waiting, points, start) = ([], 0, place)
                }
                points += size
            }
            waiting.append(Batch(family: family, cgroups: start..<cgroups.count))
        }
        try write(waiting, pass, output)
    }

    /// Counts the samples of each cgroup, and the instances that a cgroup has in each family.
    private mutating func count(_ pass: Pass) throws {
        var samples: [CgroupPath: Int] = [:]
        var widths = [Int](repeating: 0, count: MetricCatalog.all.count)
        try pass { snapshot in
            for (index, entry) in snapshot.cgroups.enumerated() where isWanted(entry.path) {
                samples[entry.path, default: 0] += 1
                var counts: [MetricID: Int] = [:]
                for instance in snapshot.instances(index) {
                    counts[instance.metric, default: 0] += 1
                }
                for (metric, count) in counts {
                    widths[metric.index] = max(widths[metric.index], count)
                }
            }
            return true
        }
        // A name that is not UTF-8 is escaped, and another name may contain that escape literally.
        var spelled: Set<String> = []
        cgroups = samples.map { (path: $0.key, samples: $0.value) }
            .sorted { $0.path < $1.path }.filter { spelled.insert($0.path.description).inserted }
        places = Dictionary(uniqueKeysWithValues: cgroups.enumerated().map { ($1.path, $0) })
        for place in families.indices {
            families[place].width = families[place].rows.reduce(0) { sum, row in
                sum + (MetricCatalog[row.metric].dimension == nil ? 1 : widths[row.metric.index])
            }
        }
    }

    private mutating func write(
        _ batches: [Batch], _ pass: Pass, _ output: ([UInt8]) throws -> Void
    ) throws {
        guard !batches.isEmpty else { return }
        var series: [Series: [Point]] = [:]
        try pass { snapshot in
            let time = snapshot.wallTime / 1000
            func add(_ one: Series, _ reading: Reading) {
                guard let value = reading.value else { return }
                // After the clock was set back, leave out points until it has caught up.
                if let last = series[one]?.last, last.milliseconds >= time { return }
                series[one, default: []].append(Point(milliseconds: time, value: value))
            }
            for (index, entry) in snapshot.cgroups.enumerated() {
                guard let cgroup = places[entry.path] else { continue }
                for batch in batches where batch.cgroups.contains(cgroup) {
                    for (row, (metric, _)) in families[batch.family].rows.enumerated() {
                        guard MetricCatalog[metric].dimension == nil else {
                            for one in snapshot.instances(index) where one.metric == metric {
                                add(
                                    Series(
                                        family: batch.family, cgroup: cgroup, row: row,
                                        key: one.key), one.reading)
                            }
                            continue
                        }
                        add(
                            Series(family: batch.family, cgroup: cgroup, row: row, key: .whole),
                            snapshot[index, metric])
                    }
                }
            }
            return true
        }
        for (one, points) in series.sorted(by: { $0.key < $1.key }) {
            if let bytes = text(one, points) { try output(bytes) }
        }
    }

    /// Returns the lines of a series; nil for an excluded device.
    private mutating func text(_ series: Series, _ points: [Point]) -> [UInt8]? {
        let filled = families[series.family]
        let (metric, labelEnd) = filled.rows[series.row]
        var head = filled.family.name
        let path = cgroups[series.cgroup].path
        head += CgroupLabels(path, CgroupIdentity(path), inline: []).identity
        if let dimension = MetricCatalog[metric].dimension {
            guard let label = labels.label(dimension, series.key) else { return nil }
            head += labels.labelEnds[label]
        } else {
            head += labelEnd
        }
        head.append(UInt8(ascii: " "))
        var bytes =
            written.insert(series.family).inserted ? filled.family.header(.openMetrics) : []
        for point in points {
            bytes += head
            bytes.append(point.value, dividedBy: filled.family.scale)
            bytes.append(UInt8(ascii: " "))
            bytes.append(point.milliseconds, dividedBy: 1000)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
