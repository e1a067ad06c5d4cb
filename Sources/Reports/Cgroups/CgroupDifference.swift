package import CgroupModel
internal import KernelIO

/// The differences between two cgroups, or between two times of a cgroup, as text or JSON.
package struct CgroupDifference {
    /// A cgroup in a snapshot.
    package struct Side {
        let snapshot: Snapshot
        let index: Int

        /// Creates a side from the index of a cgroup in a snapshot.
        package init(_ snapshot: Snapshot, _ index: Int) {
            self.snapshot = snapshot
            self.index = index
        }

        var entry: CgroupEntry { snapshot.cgroups[index] }

        func rate(_ metric: Metric) -> Double? { snapshot.totalRate(index, metric.id) }

        /// Whether it has counters but no rates, as the first sample of a cgroup.
        var isFirst: Bool {
            let counters = MetricCatalog.all.filter {
                $0.kind == .counter && snapshot.total(index, $0.id).value != nil
            }
            return !counters.isEmpty && counters.allSatisfy { rate($0) == nil }
        }
    }

    /// A value that differs.
    private struct Row {
        let name: String
        /// The values in readable form; `-` if there is none.
        let texts: (String, String)
        /// The values as JSON; nil if there is none.
        let json: (String?, String?)
        let numbers: (Double?, Double?)
        /// Whether the numbers may be negative, so that their ratio has no meaning.
        let isSigned: Bool

        /// The relative difference, 0 to 1; 1 if only one side has a number, or if the signs
        /// differ.
        var size: Double {
            guard let a = numbers.0, let b = numbers.1 else { return 1 }
            let most = max(a.magnitude, b.magnitude)
            return most == 0 ? 0 : min((b - a).magnitude / most, 1)
        }

        /// The sort key, highest first: changes without a size, then the others by size, then
        /// values that one side lacks.
        var rank: Double { json.0 == nil || json.1 == nil ? -1 : change.isEmpty ? 2 : size }

        /// The change in readable form; empty if one side has no number.
        var change: String {
            guard let a = numbers.0, let b = numbers.1 else { return "" }
            if isSigned { return (b > a ? "+" : "") + DecimalText.fixed(b - a, places: 0) }
            guard a != 0 else { return "new" }
            let ratio = b / a
            if ratio >= 10 { return "x\(DecimalText.fixed(ratio, places: 0))" }
            return (ratio >= 1 ? "+" : "") + DecimalText.fixed((ratio - 1) * 100, places: 0) + "%"
        }
    }

    private let a: Side
    private let b: Side
    private let rows: [Row]
    /// The letter of the side that is a first sample, if the other is not; rates are then not
    /// compared.
    private let unrated: String?

    /// Compares limits, usage, the rates of counters, and the counts of events.
    package init(_ a: Side, _ b: Side) {
        self.a = a
        self.b = b
        let unrated = a.isFirst == b.isFirst ? nil : a.isFirst ? "A" : "B"
        self.unrated = unrated
        rows = MetricCatalog.all.compactMap { Self.row($0, a, b, withRates: unrated == nil) }
            .enumerated()
            // The order of equal differences is that of the catalog.
            .sorted { ($1.element.rank, $0.offset) < ($0.element.rank, $1.offset) }
            .map(\.element)
    }

    private static func row(
        _ metric: Metric, _ a: Side, _ b: Side, withRates: Bool
    ) -> Row? {
        let readings = (a.snapshot.total(a.index, metric.id), b.snapshot.total(b.index, metric.id))
        guard metric.kind == .counter, !metric.name.contains(".events") else {
            guard readings.0 != readings.1 else { return nil }
            return Row(
                name: metric.name, texts: (text(metric, a), text(metric, b)),
                json: (json(readings.0, metric), json(readings.1, metric)),
                numbers: (number(readings.0, metric), number(readings.1, metric)),
                isSigned: metric.unit == .signed)
        }
        let rates = (a.rate(metric), b.rate(metric))
        guard withRates, rates.0 != rates.1 else { return nil }
        return Row(
            name: metric.name + CatalogName.rateSuffix,
            texts: (text(rates.0, metric), text(rates.1, metric)),
            json: (json(rates.0), json(rates.1)), numbers: rates, isSigned: false)
    }

    private static func text(_ metric: Metric, _ side: Side) -> String {
        side.snapshot.total(side.index, metric.id) == .absent
            ? "-" : side.snapshot.humanText(side.index, metric)
    }

    private static func text(_ rate: Double?, _ metric: Metric) -> String {
        rate.map { SampleOutput.rateText($0, metric) } ?? "-"
    }

    /// Words have no size, and neither do packed device numbers.
    private static func number(_ reading: Reading, _ metric: Metric) -> Double? {
        guard metric.kind != .text, metric.unit != .none else { return nil }
        if metric.unit == .signed { return reading.signedValue.map { Double($0) } }
        return reading.value.map { Double($0) }
    }

    private static func json(_ reading: Reading, _ metric: Metric) -> String? {
        guard reading != .absent else { return nil }
        var json = JSONWriter()
        metric.write(reading, to: &json)
        return String(decoding: json.take(), as: UTF8.self)
    }

    private static func json(_ rate: Double?) -> String? {
        rate.map { rate in
            var json = JSONWriter()
            json.value(rate)
            return String(decoding: json.take(), as: UTF8.self)
        }
    }

    /// Whether the two sides are the same path, but not the same cgroup.
    private var isRecreated: Bool {
        a.entry.path == b.entry.path && a.entry.id.inode != b.entry.id.inode
    }

    /// The differences as text, the largest first.
    package var text: String {
        var text = ""
        for (letter, side) in [("A", a), ("B", b)] {
            let time = CivilTime(local: side.snapshot.wallTime).text
            text += "\(letter)  \(side.entry.path) at \(time)\n"
        }
        if isRecreated { text += "the cgroup was removed and created again between A and B\n" }
        if let unrated {
            text += "\(unrated) is the first sample of the cgroup, so rates are not compared\n"
        }
        guard !rows.isEmpty else { return text + "\nno differences\n" }
        let table =
            [["FIELD", "A", "B", "CHANGE"]]
            + rows.map { [$0.name, $0.texts.0, $0.texts.1, $0.change] }
        return text + "\n" + TextTable(table).text
    }

    /// The differences as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for (key, side) in [("a", a), ("b", b)] {
                json.object(key) { json in
                    json.member("path", side.entry.path.text)
                    json.member("inode", side.entry.id.inode)
                    json.key("time")
                    json.literal(
                        DecimalText.fixed(Double(side.snapshot.wallTime) / 1e6, places: 3))
                }
            }
            json.array("differences") { json in
                for row in rows { Self.write(row, to: &json) }
            }
        }
        json.newline()
        return json.take()
    }

    private static func write(_ row: Row, to json: inout JSONWriter) {
        json.object { json in
            json.member("field", row.name)
            for case (let key, let value?) in [("a", row.json.0), ("b", row.json.1)] {
                json.key(key)
                json.literal(value)
            }
            json.key("difference")
            json.literal(DecimalText.fixed(row.size, places: 4))
        }
    }
}
