internal import CgroupModel
package import Events
internal import KernelIO
internal import LiveView

/// Cgroups that ended, as a table or as JSON, one per line.
package struct DeadListing {
    private let stones: [Tombstone]
    private let unattributed: [Unattributed]

    /// Lists tombstones, and the usage of removed cgroups that no tombstone shows.
    package init(_ stones: [Tombstone], _ unattributed: [Unattributed]) {
        self.stones = stones
        self.unattributed = unattributed
    }

    /// The totals to show, with the heads of their columns.
    private static let columns: [(head: String, field: EventField)] = [
        ("CPU", .cpuTime), ("PEAK", .memoryPeak), ("READ", .readBytes), ("WRITTEN", .writtenBytes),
        ("OOM KILLS", .oomKills),
    ]

    /// The table; a sentence if there is nothing to list.
    package var text: String {
        if stones.isEmpty, unattributed.isEmpty { return "no cgroup ended\n" }
        var rows = [["CGROUP", "ENDED", "LIVED"] + Self.columns.map(\.head) + ["FROM"]]
        for stone in stones {
            let age = stone.lifetime.map { DecimalText.fixed(Double($0) / 1e6, places: 2) + "s" }
            rows.append(
                [stone.cgroup.path.description, clock(stone.died), age ?? "-"]
                    + cells(stone.totals, isLowerBound: stone.reading == .sample)
                    + [word(stone.reading)])
        }
        for rest in unattributed {
            rows.append(
                ["\(rest.parent.path) (unattributed)", clock(rest.time), "-"]
                    + cells(rest.totals) + ["remainder"])
        }
        return LeftTable(rows).text
    }

    private func clock(_ time: EventTime) -> String {
        String(CivilTime(local: time.wall).text.suffix(8))
    }

    private func word(_ reading: Tombstone.Reading) -> String {
        switch reading {
        case .final: "end"
        case .sample: "last sample"
        case .none: "-"
        }
    }

    /// The totals; `isLowerBound` marks totals of a last sample, which are lower bounds.
    private func cells(_ totals: LifeTotals, isLowerBound: Bool = false) -> [String] {
        Self.columns.map { _, field in
            guard let row = LifeTotals.rows.firstIndex(where: { $0.field == field }),
                let value = totals[row]
            else { return "-" }
            let text = LifeTotals.rows[row].metric.humanText(Reading(value))
            return isLowerBound ? ">=" + text : text
        }
    }

    /// A line of JSON for each tombstone, in the form of its event, then one for each remainder.
    package var json: [UInt8] {
        EventOutput(isJSON: true).render(stones.map(\.event) + unattributed.map(\.event))
    }
}
