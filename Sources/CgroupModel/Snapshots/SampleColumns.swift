/// Facts about a snapshot's columns that are the same for every cgroup, looked up once.
///
/// A sample of all fields has a hundred values for each cgroup. The catalog's rows are large, so
/// looking one up for each value takes longer than printing it.
package struct SampleColumns {
    /// A column of single values.
    package struct Column {
        /// The metric.
        package let metric: MetricID
        /// The name of the metric.
        package let name: String
        /// The position in the schema; nil if the snapshot does not contain the metric.
        let place: Int?
        /// The tier whose read times give the rate; nil for a metric without a rate.
        let counterTier: Int?
        let form: MetricForm
        /// The keys of the value and of its rate in JSON, quoted.
        let key, rateKey: [UInt8]

        /// Whether the value is the sum of the metric's instances.
        package let isSum: Bool
        /// Whether its values are words.
        package var isText: Bool { form == .text }
        /// Whether it is a counter, which has a rate.
        package var isCounter: Bool { counterTier != nil }
    }

    /// The columns, in the order of the metrics.
    package let columns: [Column]
    private let schema: Schema

    /// Prepares metrics for snapshots with a schema.
    package init(_ metrics: some Sequence<Metric>, of schema: Schema) {
        self.schema = schema
        columns = metrics.map { metric in
            Column(
                metric: metric.id, name: metric.name, place: schema.column(of: metric.id),
                counterTier: metric.kind == .counter ? metric.tier.rawValue : nil,
                form: MetricForm(metric), key: JSONWriter.prepared(metric.name),
                rateKey: JSONWriter.prepared("\(metric.name).rate"),
                isSum: metric.dimension != nil)
        }
    }

    /// Whether they suit a snapshot.
    package func suit(_ snapshot: Snapshot) -> Bool { schema == snapshot.schema }
}

/// The written form of a metric's numbers.
enum MetricForm {
    case number, signed, hundredths, text

    init(_ metric: Metric) {
        self =
            switch (metric.kind, metric.unit) {
            case (.text, _): .text
            case (_, .signed): .signed
            case (_, .percentHundredths): .hundredths
            default: .number
            }
    }
}

extension Snapshot {
    /// The value of a column.
    package func reading(_ index: Int, _ column: SampleColumns.Column) -> Reading {
        column.place.map { reading(cgroups[index].row, column: $0) } ?? .absent
    }

    /// The rate of a column, in its unit per second; nil as for ``rate(_:_:)``.
    package func rate(
        _ index: Int, _ column: SampleColumns.Column, now: Reading
    ) -> Double? {
        guard let place = column.place, place < schema.counterCount, let tier = column.counterTier
        else { return nil }
        let row = cgroups[index].row
        let before = Reading(
            rawValue: blocks[row.block].previous[row.row * schema.counterCount + place])
        guard let growth = now.growth(from: before), let seconds = tierTimes[tier].seconds else {
            return nil
        }
        return Double(growth) / seconds
    }
}

extension JSONWriter {
    /// Writes a value of a column: the number in the metric's unit, or a string.
    mutating func value(_ reading: Reading, of column: SampleColumns.Column) {
        guard let number = reading.value else { return value(reading.word ?? "malformed") }
        switch column.form {
        case .number: value(number)
        case .signed: value(reading.signedValue ?? 0)
        case .hundredths: literal(DecimalText.hundredths(number))
        case .text: value(Word.text(number))
        }
    }
}

extension [UInt8] {
    /// Appends a number of a column as text: in the metric's unit, without quotes.
    package mutating func append(_ reading: Reading, of column: SampleColumns.Column) {
        guard let value = reading.value else {
            append(contentsOf: (reading.word ?? "malformed").utf8)
            return
        }
        switch column.form {
        case .number: append(decimal: value)
        case .signed: append(decimal: reading.signedValue ?? 0)
        case .hundredths: append(hundredths: value)
        case .text: append(contentsOf: Word.text(value).utf8)
        }
    }
}
