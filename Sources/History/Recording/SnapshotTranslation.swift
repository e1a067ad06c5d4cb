import CgroupModel

/// Translates a snapshot from the metric indexes and word numbers of its writer to this program's.
///
/// Metrics are matched by name and words by text; metrics that this program does not know are
/// dropped.
struct SnapshotTranslation: Sendable {
    private let legend: FrameLegend
    /// This process's number for each recorded word; nil if its word table is full.
    private var words: [UInt32?] = []

    /// Creates a translation from the header of a segment.
    init(_ header: SegmentHeader) {
        legend = header.legend
        add(header.words)
    }

    /// The number of words so far.
    var wordCount: Int { words.count }

    mutating func add(_ texts: [String]) {
        for text in texts { words.append(Word.intern(text)) }
    }

    /// Translates a snapshot, which must be normalised.
    func translate(_ snapshot: Snapshot) -> Snapshot {
        let from = snapshot.schema
        let schema = Schema(from.columns.compactMap { legend.metrics[$0.index] })
        let columns = schema.columns.map { id in
            from.columns.firstIndex { legend.metrics[$0.index] == id } ?? 0
        }
        let isText = schema.columns.map { MetricCatalog[$0].kind == .text }
        let old = snapshot.blocks[0]
        var block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        block.values.reserveCapacity(snapshot.cgroups.count * schema.width)
        block.previous.reserveCapacity(snapshot.cgroups.count * schema.counterCount)
        for row in snapshot.cgroups.indices {
            let values = row * from.width
            for (column, source) in columns.enumerated() {
                let value = old.values[values + source]
                block.values.append(
                    isText[column] ? word(Reading(rawValue: value)).rawValue : value)
            }
            let previous = row * from.counterCount
            for source in columns.prefix(schema.counterCount) {
                block.previous.append(
                    source < from.counterCount
                        ? old.previous[previous + source] : Reading.absent.rawValue)
            }
            block.instances += snapshot.instances(row).compactMap(translate)
            block.instanceStarts.append(block.instances.count)
        }
        return Snapshot(
            tick: snapshot.tick, wallTime: snapshot.wallTime, tierTimes: snapshot.tierTimes,
            schema: schema, cgroups: snapshot.cgroups, blocks: [block], host: snapshot.host,
            health: snapshot.health)
    }

    private func translate(_ instance: InstanceReading) -> InstanceReading? {
        guard let metric = legend.metrics[instance.metric.index] else { return nil }
        var key = instance.key
        if legend.rows[instance.metric.index].hasWordKeys, key != .whole {
            guard let own = own(UInt64(key.rawValue)) else { return nil }
            key = InstanceKey(rawValue: own)
        }
        return InstanceReading(
            metric: metric, key: key, reading: instance.reading, previous: instance.previous)
    }

    /// The word of this process with the same text; non-numeric readings stay.
    private func word(_ reading: Reading) -> Reading {
        guard let number = reading.value else { return reading }
        return own(number).map { Reading(UInt64($0)) } ?? .malformed
    }

    private func own(_ number: UInt64) -> UInt32? {
        number < UInt64(words.count) ? words[Int(number)] : nil
    }
}
