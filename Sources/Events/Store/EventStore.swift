internal import CgroupModel
internal import Synchronization

/// The newest events, in memory.
///
/// One writer appends events. Any number of readers read them, each from its own position. No call
/// waits for I/O.
package final class EventStore: Sendable {
    /// The bounds of the store; see ``EventLanes`` for what is removed first.
    package struct Bounds: Sendable {
        /// The maximum number of events.
        package var count = 20_000
        /// The maximum size of all encoded events in bytes.
        package var bytes = 4 << 20

        /// Creates the default bounds.
        package init() {}
    }

    /// A range of consecutive events, as far as the store still has them.
    package struct Batch: Sendable {
        /// The encoded events, the oldest first.
        package let records: [[UInt8]]
        /// The number of the first record; if there is none, the number of the next event.
        package let first: UInt64
        /// The number of the last record; if there is none, the number of the newest event, or 0.
        package let last: UInt64

        /// Returns how many events after `serial` were removed before they could be read.
        package func lost(after serial: UInt64) -> UInt64 {
            let all = last > serial ? last - serial : 0
            return all - min(all, UInt64(records.count))
        }
    }

    private struct Entry {
        let serial: UInt64
        let lane: EventClass
        /// Empty if the event was removed.
        var bytes: [UInt8]
    }

    private struct State {
        var entries: [Entry] = []
        var lanes = EventLanes()
        var newestNumber: UInt64 = 0

        /// Returns the index of the first entry with a higher number.
        func index(after serial: UInt64) -> Int {
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].serial > serial { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    /// Creates an empty store.
    package init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// The number of the newest event; 0 before the first.
    package var newestNumber: UInt64 { state.withLock { $0.newestNumber } }

    /// The size of all encoded events in bytes.
    package var byteCount: Int { state.withLock { $0.lanes.bytes } }

    /// Numbers and appends events; returns them encoded.
    package func append(_ events: [Event]) -> [[UInt8]] {
        guard !events.isEmpty else { return [] }
        return state.withLock { state in
            events.map { event in
                let serial = state.newestNumber + 1
                let record = StoredEvent(serial, event).encoded
                add(record, serial, EventClass(event), &state)
                return record
            }
        }
    }

    /// Restores an event of an earlier run under its own number; ignored unless it is the highest.
    package func restore(_ record: [UInt8]) {
        guard let serial = StoredEvent.serial(of: record), serial < .max / 2 else { return }
        // An event of an unknown kind is forwarded unchanged, and stored in the class of gaps.
        let eventClass = StoredEvent(decoding: record).map { EventClass($0.event) }
        state.withLock { state in
            if serial > state.newestNumber {
                add(record, serial, eventClass ?? EventClass(.gap, nil), &state)
            }
        }
    }

    private func add(
        _ record: [UInt8], _ serial: UInt64, _ eventClass: EventClass, _ state: inout State
    ) {
        let lane = state.lanes.add(serial, record.count, of: eventClass)
        state.entries.append(Entry(serial: serial, lane: lane, bytes: record))
        state.newestNumber = serial
        while state.lanes.count > bounds.count || state.lanes.bytes > bounds.bytes {
            let byBytes = state.lanes.count <= bounds.count
            guard let oldest = state.lanes.next(byBytes: byBytes) else { break }
            let index = state.index(after: oldest - 1)
            let entry = state.entries[index]
            state.lanes.removeOldest(of: entry.lane, entry.bytes.count)
            state.entries[index].bytes = []
        }
        if state.entries.count > 2 * max(state.lanes.count, 500) {
            state.entries.removeAll { $0.bytes.isEmpty }
        }
    }

    /// Returns up to `most` events with numbers above `serial`.
    package func events(after serial: UInt64, most: Int) -> Batch {
        state.withLock { state in
            var found: [Entry] = []
            for entry in state.entries[state.index(after: serial)...] where !entry.bytes.isEmpty {
                guard found.count < most else { break }
                found.append(entry)
            }
            return Batch(
                records: found.map(\.bytes), first: found.first?.serial ?? state.newestNumber + 1,
                last: found.last?.serial ?? state.newestNumber)
        }
    }

    /// Returns the newest events of a selection, at most `most`, the oldest first.
    package func newest(_ most: Int, of selection: EventSelection) -> [StoredEvent] {
        let all = events(after: 0, most: .max)
        var found: [StoredEvent] = []
        for record in all.records.reversed() {
            guard found.count < most else { break }
            if let stored = StoredEvent(decoding: record), selection.contains(stored.event) {
                found.append(stored)
            }
        }
        return found.reversed()
    }
}
