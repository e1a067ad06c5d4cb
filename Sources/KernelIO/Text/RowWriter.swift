package import CgroupModel

/// Stores the values of one cgroup after another, replacing those of the previous tick.
package struct RowWriter: Sendable {
    /// The columns of a row.
    package let schema: Schema
    /// The values of all rows.
    package var block: RowBlock
    /// The number of file rows that were skipped because their device has no name.
    package internal(set) var skippedRows: UInt64 = 0
    private var base = 0
    private var counterBase = 0
    private var old: [InstanceReading] = []
    private var oldStarts: [Int] = []
    private var oldCursor = 0
    private var oldEnd = 0

    /// Creates a writer without rows.
    package init(schema: Schema) {
        self.schema = schema
        block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
    }

    /// Appends a row of absent values.
    package mutating func appendRow() {
        let absent = Reading.absent.rawValue
        block.values.append(contentsOf: repeatElement(absent, count: schema.width))
        block.previous.append(contentsOf: repeatElement(absent, count: schema.counterCount))
        block.instanceStarts.append(block.instances.count)
    }

    /// Clears a row, so that another cgroup can use it.
    package mutating func clear(row: Int) {
        for index in (row * schema.width)..<((row + 1) * schema.width) {
            block.values[index] = Reading.absent.rawValue
        }
        for index in (row * schema.counterCount)..<((row + 1) * schema.counterCount) {
            block.previous[index] = Reading.absent.rawValue
        }
        removeInstances(row: row) { _ in true }
    }

    /// Clears the values of a file in a row, because the file now belongs to another cgroup.
    package mutating func forget(row: Int, _ file: FileColumns) {
        for column in file.all {
            block.values[row * schema.width + column] = Reading.absent.rawValue
        }
        removeInstances(row: row) { file.owns($0) }
    }

    private mutating func removeInstances(
        row: Int, where condition: (InstanceReading) -> Bool
    ) {
        let range = block.instanceStarts[row]..<block.instanceStarts[row + 1]
        let kept = block.instances[range].filter { !condition($0) }
        guard kept.count < range.count else { return }
        block.instances.replaceSubrange(range, with: kept)
        for index in (row + 1)..<block.instanceStarts.count {
            block.instanceStarts[index] -= range.count - kept.count
        }
    }

    /// Begins a pass over all rows; every row must then be begun and ended, in order.
    package mutating func beginPass() {
        swap(&old, &block.instances)
        swap(&oldStarts, &block.instanceStarts)
        block.instances.removeAll(keepingCapacity: true)
        block.instances.reserveCapacity(old.count)
        block.instanceStarts.removeAll(keepingCapacity: true)
        block.instanceStarts.reserveCapacity(oldStarts.count)
        block.instanceStarts.append(0)
    }

    /// Begins a row of the current pass.
    package mutating func beginRow(_ row: Int) {
        select(row)
        oldCursor = oldStarts[row]
        oldEnd = oldStarts[row + 1]
    }

    /// Selects the row that ``value(_:)`` reads outside a pass.
    package mutating func select(_ row: Int) {
        base = row * schema.width
        counterBase = row * schema.counterCount
    }

    /// Ends the current row.
    package mutating func endRow() { block.instanceStarts.append(block.instances.count) }

    /// Makes the file's counters the previous values, and all its values absent.
    package mutating func beginFile(_ file: FileColumns) {
        hold(file)
        fail(file, with: .absent)
    }

    /// Sets the reason why a file gave no values.
    package mutating func fail(_ file: FileColumns, with reason: Reading) {
        for column in file.all { block.values[base + column] = reason.rawValue }
        guard reason != .absent else { return }
        for metric in file.metrics {
            block.instances.append(
                InstanceReading(metric: metric, key: file.instance ?? .whole, reading: reason))
        }
    }

    /// Keeps the values of a file that cannot have changed; its counters show no growth.
    package mutating func hold(_ file: FileColumns) {
        for column in file.counters {
            block.previous[counterBase + column] = block.values[base + column]
        }
    }

    /// Copies the instance values of a file that is not read in this pass.
    package mutating func carry(_ file: FileColumns) {
        guard file.hasInstances else { return }
        while oldCursor < oldEnd, file.owns(old[oldCursor]) {
            block.instances.append(old[oldCursor])
            oldCursor += 1
        }
    }

    /// Skips the remaining instance values of a file from the previous pass.
    package mutating func endFile(_ file: FileColumns) {
        guard file.hasInstances else { return }
        while oldCursor < oldEnd, file.owns(old[oldCursor]) { oldCursor += 1 }
    }

    /// The start of the current file's instance values, to drop them if the file is malformed.
    var mark: Int { block.instances.count }

    /// Drops the instance values added since `mark`.
    mutating func rewind(to mark: Int) {
        block.instances.removeSubrange(mark..<block.instances.count)
    }

    /// Stores the value of a column.
    package mutating func set(_ column: Int, _ reading: Reading) {
        block.values[base + column] = reading.rawValue
    }

    /// Stores the same value in all columns of a file.
    package mutating func set(_ file: FileColumns, _ reading: Reading) {
        for column in file.all { block.values[base + column] = reading.rawValue }
    }

    /// Stores an instance value; only counters keep their previous value.
    mutating func append(_ field: FieldRule, _ key: InstanceKey, _ reading: Reading) {
        var previous = Reading.absent
        // The kernel's order rarely changes, so the previous value is nearly always the next one.
        var place = oldCursor
        while place < oldEnd {
            if old[place].metric == field.metric, old[place].key == key {
                if field.isCounter { previous = old[place].reading }
                if place == oldCursor { oldCursor += 1 }
                break
            }
            place += 1
        }
        block.instances.append(
            InstanceReading(
                metric: field.metric, key: key, reading: reading, previous: previous))
    }

    /// Stores a reason for the metric as a whole, unless the row already has one.
    mutating func appendOnce(_ metric: MetricID, _ reason: Reading) {
        let start = block.instanceStarts.last ?? 0
        let isKnown = block.instances[start...].contains { $0.metric == metric && $0.key == .whole }
        guard !isKnown else { return }
        block.instances.append(InstanceReading(metric: metric, key: .whole, reading: reason))
    }

    /// The current value of a column.
    package func value(_ column: Int) -> Reading { Reading(rawValue: block.values[base + column]) }
}
