#if Exporter
import CgroupModel
import Events
import KernelIO
import NIOCore
import Synchronization

/// Serves `/api/v1/events`: the stored events of a query, or a stream of new ones.
///
/// A stream keeps only the number of the last event that its reader has reached, so falling behind
/// costs no memory. The stream reports how many events the reader missed. A reader that does not
/// accept a piece within ``ConnectionLimits/writeTime`` is disconnected.
final class EventFeed: Sendable {
    private struct State {
        var readers = 0
        var isOver = false
    }

    /// A reader's place in the store, which frees its slot once the stream is gone.
    private final class Reader: Sendable {
        let feed: EventFeed
        let selection: EventSelection
        /// The number of the last event that the reader has reached.
        let reached: Mutex<UInt64>
        /// The event that the client resumes after, or the newest one when the stream began.
        ///
        /// Missing events up to this one are not reported.
        let start: UInt64

        init(_ feed: EventFeed, _ query: EventQuery, after serial: UInt64?) {
            self.feed = feed
            selection = query.selection
            // Read before the search, because events may be added meanwhile.
            let newest = feed.store.newestNumber
            let past =
                serial == nil && query.past > 0
                ? feed.store.newest(query.past, of: selection).first : nil
            start = serial ?? newest
            reached = Mutex(serial ?? past.map { $0.serial - 1 } ?? newest)
        }

        deinit { feed.state.withLock { $0.readers -= 1 } }
    }

    /// Searches on a thread of its own: the threads that serve and tick are few, and a client can
    /// make a search long.
    private actor Search {
        private static let shared = ThreadExecutor(name: "event search")
        private let executor = Search.shared

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe executor.asUnownedSerialExecutor()
        }

        func run<Found: Sendable>(_ body: @Sendable () -> Found) -> Found { body() }
    }

    private let search = Search()
    /// The polling interval of the store.
    private static let pace = Duration.milliseconds(100)
    /// The maximum number of new events in a piece.
    private static let mostAtOnce = 500

    private let store: EventStore
    private let limits: SampleFeed.Limits
    private let state = Mutex(State())

    init(_ store: EventStore, limits: SampleFeed.Limits) {
        self.store = store
        self.limits = limits
    }

    /// Returns the newest events of a query as JSON.
    func json(_ query: EventQuery) async -> ByteBuffer { await search.run { self.text(query) } }

    private func text(_ query: EventQuery) -> ByteBuffer {
        var json = JSONWriter()
        json.object { json in
            json.key("events")
            json.array { json in
                for stored in store.newest(query.count, of: query.selection) {
                    stored.event.write(to: &json, serial: stored.serial)
                }
            }
        }
        return ByteBuffer(bytes: json.take())
    }

    /// Returns a stream that begins after an event, or with the past events that the query
    /// requests; nil if there are too many readers or the feed has finished.
    func stream(_ query: EventQuery, after serial: UInt64?) async -> AsyncStream<ByteBuffer>? {
        let hasRoom = state.withLock { state in
            guard !state.isOver, state.readers < limits.readers else { return false }
            state.readers += 1
            return true
        }
        guard hasRoom else { return nil }
        let reader = await search.run { Reader(self, query, after: serial) }
        return AsyncStream(unfolding: { await self.next(reader) })
    }

    /// Ends all streams and refuses new readers.
    func finish() { state.withLock { $0.isOver = true } }

    /// Returns the next piece: events as soon as there are any, or a comment after a silence.
    private func next(_ reader: Reader) async -> ByteBuffer? {
        let clock = ContinuousClock()
        let start = clock.now
        while !Task.isCancelled, !state.withLock({ $0.isOver }) {
            if let piece = news(for: reader) { return piece }
            if clock.now - start >= limits.keepAlive {
                return ByteBuffer(string: ": still here\n\n")
            }
            try? await clock.sleep(for: min(Self.pace, limits.keepAlive))
        }
        return nil
    }

    private func news(for reader: Reader) -> ByteBuffer? {
        let serial = reader.reached.withLock { $0 }
        let batch = store.events(after: serial, most: Self.mostAtOnce)
        // A reader that reconnects may have the number of an earlier daemon.
        reader.reached.withLock { $0 = batch.last }
        guard batch.last >= serial else { return nil }
        let events = batch.records.compactMap { StoredEvent(decoding: $0) }
            .filter { reader.selection.contains($0.event) }
        let lost = serial < reader.start ? 0 : batch.lost(after: serial)
        guard lost > 0 || !events.isEmpty else { return nil }
        return Self.piece(events, lost: lost)
    }

    private static func piece(_ events: [StoredEvent], lost: UInt64 = 0) -> ByteBuffer {
        var piece = ByteBuffer()
        if lost > 0 { piece.writeString("event: lost\ndata: {\"count\":\(lost)}\n\n") }
        for stored in events {
            var json = JSONWriter()
            stored.event.write(to: &json, serial: stored.serial)
            piece.writeString("id: \(stored.serial)\ndata: ")
            piece.writeBytes(json.take())
            piece.writeString("\n\n")
        }
        return piece
    }
}
#endif
