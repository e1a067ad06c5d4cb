internal import Synchronization

/// The newest events, in memory.
///
/// One writer enters events. Any number of readers take them, each from the number that it has
/// reached. No call waits for I/O.
package final class EventStore: Sendable {
    /// The bounds of the store; the oldest events are removed first.
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
            first > serial ? first - serial - 1 : 0
        }
    }

    private struct State {
        var records: [(serial: UInt64, bytes: [UInt8])] = []
        /// The index of the oldest record; those before it are removed.
        var head = 0
        var bytes = 0
        var newest: UInt64 = 0
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    /// Creates an empty store.
    package init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// The number of the newest event; 0 before the first.
    package var newest: UInt64 { state.withLock { $0.newest } }

    /// The size of all encoded events in bytes.
    package var byteCount: Int { state.withLock { $0.bytes } }

    /// Numbers and enters events; returns them encoded.
    package func enter(_ events: [Event]) -> [[UInt8]] {
        guard !events.isEmpty else { return [] }
        return state.withLock { state in
            events.map { event in
                let serial = state.newest + 1
                let record = StoredEvent(serial, event).encoded
                add(record, serial, &state)
                return record
            }
        }
    }

    /// Enters an event of an earlier process with its number, which must exceed all before it.
    package func restore(_ record: [UInt8]) {
        guard let serial = StoredEvent.serial(of: record), serial < .max / 2 else { return }
        state.withLock { state in
            if serial > state.newest { add(record, serial, &state) }
        }
    }

    private func add(_ record: [UInt8], _ serial: UInt64, _ state: inout State) {
        state.records.append((serial, record))
        state.bytes += record.count
        state.newest = serial
        while state.records.count - state.head > bounds.count || state.bytes > bounds.bytes {
            state.bytes -= state.records[state.head].bytes.count
            state.records[state.head].bytes = []
            state.head += 1
        }
        if state.head > bounds.count {
            state.records.removeFirst(state.head)
            state.head = 0
        }
    }

    /// Returns at most `most` events after a number.
    package func events(after serial: UInt64, most: Int) -> Batch {
        state.withLock { state in
            var low = state.head
            var high = state.records.count
            while low < high {
                let middle = (low + high) / 2
                if state.records[middle].serial > serial {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            let found = state.records[low...].prefix(most)
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
