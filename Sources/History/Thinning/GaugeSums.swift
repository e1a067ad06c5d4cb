import CgroupModel

/// The maxima and sums of the gauges of the samples of one period.
struct GaugeSums: Sendable {
    let schema: Schema
    private let columns: [Int]
    /// The slot of each cgroup, in the order of the last sample.
    private var order: [(id: CgroupID, slot: Int)] = []
    /// The slot of each cgroup; at most about twice as many as the last sample has cgroups.
    private(set) var slots: [CgroupID: Int] = [:]
    private var counts: [UInt64] = []
    private var sums: [UInt64] = []
    private var maxima: [UInt64] = []
    private(set) var samples: UInt64 = 0

    init(_ schema: Schema) {
        self.schema = schema
        columns = GaugeSummary.columns(of: schema)
    }

    /// Begins a period; keeps the slots of the cgroups, because most cgroups stay.
    mutating func reset() {
        guard slots.count <= 2 * order.count + 64 else {
            self = GaugeSums(schema)
            return
        }
        samples = 0
        for place in counts.indices {
            counts[place] = 0
            sums[place] = 0
            maxima[place] = 0
        }
    }

    mutating func add(_ snapshot: Snapshot) {
        samples += 1
        if slots.count > 2 * snapshot.cgroups.count + 64 { keep(snapshot.cgroups) }
        if order.count > snapshot.cgroups.count {
            order.removeLast(order.count - snapshot.cgroups.count)
        }
        let width = schema.width
        for (row, entry) in snapshot.cgroups.enumerated() {
            let slot = slot(of: entry.id, at: row)
            let values = snapshot.blocks[entry.row.block].values
            let start = entry.row.row * width
            var place = slot * columns.count
            for column in columns {
                if let value = Reading(rawValue: values[start + column]).value {
                    counts[place] += 1
                    let (sum, overflow) = sums[place].addingReportingOverflow(value)
                    sums[place] = overflow ? .max : sum
                    if value > maxima[place] { maxima[place] = value }
                }
                place += 1
            }
        }
    }

    /// The summary for the last sample of the period; nil if it was the only one.
    func summary(of snapshot: Snapshot) -> GaugeSummary? {
        guard samples > 1 else { return nil }
        let width = schema.width
        var highest: [UInt64] = []
        var means: [UInt64] = []
        highest.reserveCapacity(snapshot.cgroups.count * columns.count)
        means.reserveCapacity(snapshot.cgroups.count * columns.count)
        for entry in snapshot.cgroups {
            let values = snapshot.blocks[entry.row.block].values
            let start = entry.row.row * width
            let slot = slots[entry.id]
            for (number, column) in columns.enumerated() {
                if let slot, case let place = slot * columns.count + number, counts[place] > 0 {
                    highest.append(maxima[place])
                    means.append(sums[place] / counts[place])
                } else {
                    // Without a number, keep the reading, which says why.
                    highest.append(values[start + column])
                    means.append(values[start + column])
                }
            }
        }
        return GaugeSummary(samples: samples, columns: columns, maxima: highest, means: means)
    }

    /// Drops the cgroups that a sample does not have: a summary has only those of the last sample,
    /// and a tenant can replace thousands in each one.
    private mutating func keep(_ cgroups: [CgroupEntry]) {
        let old = self
        order = []
        slots = [:]
        counts = []
        sums = []
        maxima = []
        for entry in cgroups {
            guard let slot = old.slots[entry.id], slots[entry.id] == nil else { continue }
            slots[entry.id] = slots.count
            let places = slot * columns.count..<(slot + 1) * columns.count
            counts += old.counts[places]
            sums += old.sums[places]
            maxima += old.maxima[places]
        }
    }

    private mutating func slot(of id: CgroupID, at row: Int) -> Int {
        if row < order.count, order[row].id == id { return order[row].slot }
        let slot: Int
        if let known = slots[id] {
            slot = known
        } else {
            slot = slots.count
            slots[id] = slot
            for _ in columns {
                counts.append(0)
                sums.append(0)
                maxima.append(0)
            }
        }
        if row < order.count { order[row] = (id, slot) } else { order.append((id, slot)) }
        return slot
    }
}
