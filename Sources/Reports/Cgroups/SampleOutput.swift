package import CgroupModel
package import Events
package import Hierarchy
internal import KernelIO
internal import LiveView

/// Formats samples as JSON, CSV or a table.
package struct SampleOutput {
    /// The form of the output.
    package enum Format { case json, csv, table }

    private let format: Format
    private let fields: [MetricID]?
    private let identities: Identities?
    private var json = JSONWriter()
    private let isPast: Bool
    private var isFirst = true
    private var columns: SampleColumns?
    /// The widths of the columns of the last table with heads, with which later rows align.
    private var widths: [Int] = []

    /// Creates a formatter; nil `fields` means all values of a cgroup and is supported only by
    /// JSON.
    ///
    /// Only JSON includes containers and pods. Nil `identities`, as in a recording, leaves them
    /// out. With `isPast`, the first sample has rates, too, and a table begins with its time.
    package init(
        format: Format, fields: [MetricID]?, identities: Identities?, isPast: Bool = false
    ) {
        self.format = format
        self.isPast = isPast
        self.fields = fields
        self.identities = identities
    }

    /// Renders cgroups that have ended, with their last values, and the usage of removed cgroups
    /// that no reading shows.
    ///
    /// CSV omits both, because it has no column to mark them.
    package mutating func render(
        _ snapshot: Snapshot, dead: [Tombstone], _ unattributed: [Unattributed],
        previous: Snapshot?
    ) -> [UInt8] {
        guard !dead.isEmpty || !unattributed.isEmpty, format != .csv else { return [] }
        var stones: [UInt64: Tombstone] = [:]
        var rows: [DepartedCgroup] = []
        for stone in dead {
            let generation = stone.cgroup.id?.generation ?? UInt64.max - UInt64(rows.count)
            stones[generation] = stone
            rows.append(
                DepartedCgroup(
                    stone, previous, CgroupID(inode: 0, generation: generation), snapshot.schema))
        }
        let all = snapshot.adding(rows)
        let indices = all.cgroups.indices.filter { stones[all.cgroups[$0].id.generation] != nil }
        guard format == .json else {
            let text = table(all, indices, marked: " (dead)", withHead: false)
            return Array(text.utf8)
        }
        let only = fields.map { Set($0) }
        for index in indices {
            let entry = all.cgroups[index]
            let identity = identities?.identity(of: entry) ?? CgroupIdentity(entry.path)
            all.write(index, to: &json, withTime: true, only: only) { json in
                identity.write(to: &json)
                stones[entry.id.generation]?.write(to: &json)
            }
            json.newline()
        }
        for rest in unattributed {
            rest.write(to: &json, only: only)
            json.newline()
        }
        return json.take()
    }

    /// Renders the cgroups at some indices of a snapshot.
    package mutating func render(_ snapshot: Snapshot, _ indices: [Int]) -> [UInt8] {
        switch format {
        case .json:
            // Only the first sample waits for names; later samples use those known by then.
            if isFirst { identities?.settle(indices.map { snapshot.cgroups[$0] }) }
            isFirst = false
            let only = fields.map { Set($0) }
            let columns = prepared(for: snapshot)
            for index in indices {
                let entry = snapshot.cgroups[index]
                let identity = identities?.identity(of: entry) ?? CgroupIdentity(entry.path)
                snapshot.write(
                    index, to: &json, withTime: true, withRates: true, only: only,
                    columns: columns
                ) { identity.write(to: &$0) }
                json.newline()
            }
            return json.take()
        case .csv: return csv(snapshot, indices)
        case .table: return Array(table(snapshot, indices).utf8)
        }
    }

    /// Renders rows of CSV; a metric with a dimension has one column, with the sum over all
    /// instances.
    private mutating func csv(_ snapshot: Snapshot, _ indices: [Int]) -> [UInt8] {
        let columns = prepared(for: snapshot).columns
        var text: [UInt8] = []
        if isFirst {
            let names = columns.flatMap { $0.isCounter ? [$0.name, "\($0.name).rate"] : [$0.name] }
            for (place, name) in (["time", "path", "inode"] + names).enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                text.append(csv: name)
            }
            text += "\r\n".utf8
            isFirst = false
        }
        var time: [UInt8] = []
        time.append(thousandths: Double(snapshot.wallTime) / 1e6)
        for index in indices {
            let entry = snapshot.cgroups[index]
            text += time
            text.append(UInt8(ascii: ","))
            text.append(csv: entry.path.description)
            text.append(UInt8(ascii: ","))
            text.append(decimal: entry.id.inode)
            let hasInstances = !snapshot.instances(index).isEmpty
            for column in columns {
                let isSum = column.isSum
                let reading =
                    !isSum
                    ? snapshot.reading(index, column)
                    : hasInstances ? snapshot.total(index, column.metric) : .absent
                text.append(UInt8(ascii: ","))
                if reading != .absent { text.append(csv: reading, of: column) }
                guard column.isCounter else { continue }
                let rate =
                    isSum
                    ? snapshot.summedRate(index, column.metric)
                    : snapshot.rate(index, column, now: reading)
                text.append(UInt8(ascii: ","))
                if let rate { text.append(thousandths: rate) }
            }
            text += "\r\n".utf8
        }
        return text
    }

    /// The columns of the fields, prepared once for all samples with the same schema.
    private mutating func prepared(for snapshot: Snapshot) -> SampleColumns {
        if let columns, columns.suit(snapshot) { return columns }
        let new =
            format == .json
            ? snapshot.jsonColumns(only: fields.map { Set($0) })
            : SampleColumns((fields ?? []).map { MetricCatalog[$0] }, of: snapshot.schema)
        columns = new
        return new
    }

    /// Renders totals for the first sample and rates for later ones, as the heads indicate.
    private mutating func table(
        _ snapshot: Snapshot, _ indices: [Int], marked mark: String = "", withHead: Bool = true
    ) -> String {
        let metrics = (fields ?? []).map { MetricCatalog[$0] }
        let hasRates = isPast || !isFirst
        let heads = metrics.map { metric in
            metric.kind == .counter && hasRates ? "\(metric.name).rate" : metric.name
        }
        var rows = withHead ? [["CGROUP"] + heads] : []
        for index in indices {
            let cells = metrics.map { metric -> String in
                let reading = snapshot.total(index, metric.id)
                // A reading without a number shows its reason, which a rate could not.
                guard metric.kind == .counter, hasRates, withHead, reading.value != nil else {
                    return reading == .absent ? "-" : snapshot.humanText(index, metric)
                }
                let rate = snapshot.totalRate(index, metric.id)
                return rate.map { Self.rateText($0, metric) } ?? "-"
            }
            rows.append([snapshot.cgroups[index].path.description + mark] + cells)
        }
        let separator = isFirst || !withHead ? "" : "\n"
        isFirst = false
        let time = isPast ? CivilTime(local: snapshot.wallTime).text + "\n" : ""
        let table = TextTable(rows, atLeast: withHead ? [] : widths)
        if withHead { widths = table.widths }
        return separator + time + table.text
    }

    static func rateText(_ rate: Double, _ metric: Metric) -> String {
        switch metric.unit {
        case .bytes: "\(DecimalText.bytes(rate))/s"
        case .microseconds: "\(DecimalText.fixed(rate / 1e4, places: 1))%"
        default: "\(DecimalText.fixed(rate, places: 1))/s"
        }
    }
}

/// A table with right-aligned columns; only the first column is left-aligned.
struct TextTable {
    private let rows: [[String]]
    /// The widths of the columns.
    let widths: [Int]

    /// Creates a table; `least` has the minimum widths of its first columns.
    init(_ rows: [[String]], atLeast least: [Int] = []) {
        self.rows = rows
        let count = rows.map(\.count).max() ?? 0
        widths = (0..<count).map { column in
            rows.map { column < $0.count ? CellWidth.of($0[column]) : 0 }
                .reduce(column < least.count ? least[column] : 0, max)
        }
    }

    var text: String {
        rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = CellWidth.padding(cell, to: widths[column])
                if column == row.count - 1, column == 0 { return cell }
                return column == 0 ? cell + padding : padding + cell
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}

extension [UInt8] {
    /// Appends a cell of CSV (RFC 4180).
    fileprivate mutating func append(csv cell: String) {
        guard cell.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) else {
            return append(contentsOf: cell.utf8)
        }
        append(UInt8(ascii: "\""))
        for byte in cell.utf8 {
            if byte == UInt8(ascii: "\"") { append(byte) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a value as a cell; only a text can need quotes.
    fileprivate mutating func append(csv reading: Reading, of column: SampleColumns.Column) {
        if column.isText, let value = reading.value {
            append(csv: Word.text(value))
        } else {
            append(reading, of: column)
        }
    }
}
