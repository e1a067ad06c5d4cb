internal import CgroupModel
internal import Synchronization

/// The newest events, in memory.
///
/// One writer enters events. Any number of readers take them, each from the number that it has
/// reached. No call waits for I/O.
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

    /// The events after some number.
    package struct Batch: Sendable {
        /// The encoded events, the oldest first.
        package let records: [[UInt8]]
        /// The number of the first of ``records``; without any, that of the next event to come.
        package let first: UInt64
        /// The number of the last of ``records``; without any, that of the newest event, or 0.
        package let last: UInt64

        /// Returns the number of events after `serial`, which a reader has reached, that the store
        /// no longer has.
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
        var newest: UInt64 = 0

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
    package var newest: UInt64 { state.withLock { $0.newest } }

    /// The size of all encoded events in bytes.
    package var byteCount: Int { state.withLock { $0.lanes.bytes } }

    /// Numbers and enters events; returns them encoded.
    package func enter(_ events: [Event]) -> [[UInt8]] {
        guard !events.isEmpty else { return [] }
        return state.withLock { state in
            events.map { event in
                let serial = state.newest + 1
                let record = StoredEvent(serial, event).encoded
                add(record, serial, EventClass(event), &state)
                return record
            }
        }
    }

    /// Enters an event of an earlier process with its number, which must exceed all before it.
    package func restore(_ record: [UInt8]) {
        guard let serial = StoredEvent.serial(of: record), serial < .max / 2 else { return }
        // An event of an unknown kind counts as a gap: it is only passed on.
        let own = StoredEvent(decoding: record).map { EventClass($0.event) }
        state.withLock { state in
            if serial > state.newest {
                add(record, serial, own ?? EventClass(.gap, nil), &state)
            }
        }
    }

    private func add(
        _ record: [UInt8], _ serial: UInt64, _ own: EventClass, _ state: inout State
    ) {
        let lane = state.lanes.add(serial, record.count, of: own)
        state.entries.append(Entry(serial: serial, lane: lane, bytes: record))
        state.newest = serial
        while state.lanes.count > bounds.count || state.lanes.bytes > bounds.bytes {
            let byBytes = state.lanes.count <= bounds.count
            guard let oldest = state.lanes.next(byBytes: byBytes) else { break }
            let place = state.index(after: oldest - 1)
            let entry = state.entries[place]
            state.lanes.removeOldest(of: entry.lane, entry.bytes.count)
            state.entries[place].bytes = []
        }
        if state.entries.count > 2 * max(state.lanes.count, 500) {
            state.entries.removeAll { $0.bytes.isEmpty }
        }
    }

    /// Returns at most `most` events after a number.
    package func events(after serial: UInt64, most: Int) -> Batch {
        state.withLock { state in
            var found: [Entry] = []
            for entry in state.entries[state.index(after: serial)...] where !entry.bytes.isEmpty {
                guard found.count < most else { break }
                found.append(entry)
            }
            return Batch(
                records: found.map(\.bytes), first: found.first?.serial ?? state.newest + 1,
                last: found.last?.serial ?? state.newest)
        }
    }

    /// Returns the newest `most` events of a selection, the oldest first.
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
