import CgroupModel

/// Translates a snapshot from the metric indexes and word numbers of its writer to this program's.
///
/// Metrics are matched by name and words by text; metrics that this program does not know are
/// dropped.
struct SnapshotTranslation: Sendable {
    /// How the columns of a schema of the writer become those of this program.
    private struct Plan: Sendable {
        let from: Schema
        let schema: Schema
        /// The writer's column of each column.
        let columns: [Int]
        /// The columns whose readings are words.
        let words: [Int]
        /// Whether all columns are the same.
        let isSame: Bool

        init(_ from: Schema, _ legend: FrameLegend) {
            self.from = from
            let schema = Schema(from.columns.compactMap { legend.metrics[$0.index] })
            var places: [MetricID: Int] = [:]
            for (place, id) in from.columns.enumerated().reversed() {
                if let own = legend.metrics[id.index] { places[own] = place }
            }
            columns = schema.columns.map { places[$0] ?? 0 }
            words = schema.columns.indices.filter {
                MetricCatalog[schema.columns[$0]].kind == .text
            }
            isSame =
                schema.counterCount == from.counterCount && schema.width == from.width
                && columns.elementsEqual(schema.columns.indices)
            self.schema = schema
        }
    }

    private let legend: FrameLegend
    /// The words of the segment so far, by number.
    private var words: [UInt64: String] = [:]
    private var plan: Plan?

    /// Creates a translation from the header of a segment.
    init(_ header: SegmentHeader) {
        legend = header.legend
    }

    /// Adds the words of the next snapshot.
    mutating func add(_ new: [FrameRecord.NumberedWord]) {
        for word in new { words[word.number] = word.text }
    }

    /// Keeps the plan for the columns of a snapshot, for this one and those that follow.
    mutating func prepare(_ schema: Schema) {
        if plan?.from != schema { plan = Plan(schema, legend) }
    }

    /// Translates a snapshot, which must be normalised.
    func translate(_ snapshot: Snapshot) -> Snapshot {
        let from = snapshot.schema
        let plan = plan.flatMap { $0.from == from ? $0 : nil } ?? Plan(from, legend)
        let known = ownWords(of: snapshot, plan)
        let old = snapshot.blocks[0]
        var block = plan.isSame ? old : Self.columns(of: snapshot, plan)
        let width = plan.schema.width
        for column in plan.words {
            for row in snapshot.cgroups.indices {
                let place = row * width + column
                let reading = Reading(rawValue: block.values[place])
                guard let number = reading.value else { continue }
                let own = known[number].map { Reading(UInt64($0)) } ?? .malformed
                if own != reading { block.values[place] = own.rawValue }
            }
        }
        translateInstances(of: snapshot, &block, known)
        return Snapshot(
            tick: snapshot.tick, wallTime: snapshot.wallTime, tierTimes: snapshot.tierTimes,
            schema: plan.schema, cgroups: snapshot.cgroups, blocks: [block], host: snapshot.host,
            health: snapshot.health)
    }

    /// The values and baselines in this program's columns, without instances.
    private static func columns(of snapshot: Snapshot, _ plan: Plan) -> RowBlock {
        let old = snapshot.blocks[0]
        let from = snapshot.schema
        var block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [])
        block.values.reserveCapacity(snapshot.cgroups.count * plan.schema.width)
        block.previous.reserveCapacity(snapshot.cgroups.count * plan.schema.counterCount)
        for row in snapshot.cgroups.indices {
            for source in plan.columns {
                block.values.append(old.values[row * from.width + source])
            }
            for source in plan.columns.prefix(plan.schema.counterCount) {
                block.previous.append(
                    source < from.counterCount
                        ? old.previous[row * from.counterCount + source]
                        : Reading.absent.rawValue)
            }
        }
        return block
    }

    private func translateInstances(
        of snapshot: Snapshot, _ block: inout RowBlock, _ known: [UInt64: UInt32]
    ) {
        let old = snapshot.blocks[0]
        block.instances = []
        block.instances.reserveCapacity(old.instances.count)
        block.instanceStarts = [0]
        block.instanceStarts.reserveCapacity(snapshot.cgroups.count + 1)
        for row in snapshot.cgroups.indices {
            for instance in snapshot.instances(row) {
                if let own = translate(instance, known) { block.instances.append(own) }
            }
            block.instanceStarts.append(block.instances.count)
        }
    }

    private func translate(
        _ instance: InstanceReading, _ known: [UInt64: UInt32]
    ) -> InstanceReading? {
        guard let metric = legend.metrics[instance.metric.index] else { return nil }
        var key = instance.key
        if legend.rows[instance.metric.index].hasWordKeys, key != .whole {
            guard let own = known[UInt64(key.rawValue)] else { return nil }
            key = InstanceKey(rawValue: own)
        }
        return InstanceReading(
            metric: metric, key: key, reading: instance.reading, previous: instance.previous)
    }

    /// This process's numbers for the words of a snapshot; those without room are missing.
    ///
    /// Only words that occur in a snapshot enter the table, since a recording has as many as a
    /// tenant chose. They enter in the writer's order, so that new words sort as they did there.
    private func ownWords(of snapshot: Snapshot, _ plan: Plan) -> [UInt64: UInt32] {
        var numbers: Set<UInt64> = []
        snapshot.forEachWord(columns: plan.words.map { plan.columns[$0] }, legend) {
            numbers.insert($0)
        }
        var own: [UInt64: UInt32] = [:]
        for number in numbers.sorted() {
            if let text = words[number] { own[number] = Word.intern(text, from: .past) }
        }
        return own
    }
}

extension Snapshot {
    /// Calls `body` with the number of each word in some columns, and in the keys of instances.
    ///
    /// A word may occur more than once.
    func forEachWord(columns: [Int], _ legend: FrameLegend, _ body: (UInt64) -> Void) {
        for entry in cgroups where !columns.isEmpty {
            let values = blocks[entry.row.block].values
            let start = entry.row.row * schema.width
            for column in columns {
                if let number = Reading(rawValue: values[start + column]).value { body(number) }
            }
        }
        for block in blocks {
            for instance in block.instances
            where legend.rows[instance.metric.index].hasWordKeys && instance.key != .whole {
                body(UInt64(instance.key.rawValue))
            }
        }
    }
}
