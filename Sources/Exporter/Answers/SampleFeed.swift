#if Exporter
import CgroupModel
import NIOCore

/// The samples of `/api/v1/snapshot` and `/api/v1/stream`, encoded once for all readers.
///
/// While the stream has readers, the feed polls the source. A source that samples on demand then
/// samples regularly; one with its own ticks is checked for new samples. A slow reader misses
/// samples.
actor SampleFeed {
    /// The operator's limits on streams.
    struct Limits {
        /// The maximum number of readers of the stream.
        var readers: Int
        /// The silence after which a comment is sent, to show proxies that the stream is alive.
        var keepAlive: Duration
    }

    private struct Document {
        let tick: UInt64
        let wallTime: UInt64
        /// The JSON as a server-sent event.
        let event: ByteBuffer
        let json: ByteBuffer
    }

    /// The polling interval of the source.
    private static let pace = Duration.milliseconds(250)

    private let exposition: Exposition
    private let limits: Limits
    private var encoder: SnapshotEncoder
    private var document: Document?
    private var readers: [UInt64: AsyncStream<ByteBuffer>.Continuation] = [:]
    private var lastReaderID: UInt64 = 0
    private var pump: Task<Void, Never>?
    /// Whether the pump has sent the document; until then, new readers wait for the pump.
    private var isSent = false
    /// The event sent for the current failure; nil once a sample succeeds.
    private var failure: ByteBuffer?
    private var isOver = false

    init(_ exposition: Exposition, encoder: SnapshotEncoder, limits: Limits) {
        self.exposition = exposition
        self.encoder = encoder
        self.limits = limits
    }

    /// Returns the JSON of the current sample; nil before the first.
    func json() async throws -> ByteBuffer? {
        guard let snapshot = try await exposition.collect() else { return nil }
        return document(for: snapshot).json
    }

    /// Returns a stream of events that starts with the current sample, or with the failure to take
    /// one; nil if there are too many readers or the feed has finished.
    func events() -> AsyncStream<ByteBuffer>? {
        guard !isOver, readers.count < limits.readers else { return nil }
        // A new sample replaces one that the reader has not taken yet.
        let (stream, reader) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(1))
        lastReaderID += 1
        let id = lastReaderID
        readers[id] = reader
        reader.onTermination = { [weak self] _ in
            Task { [weak self] in await self?.forget(id) }
        }
        if pump == nil {
            isSent = false
            failure = nil
            pump = Task { await run() }
        } else if let failure {
            reader.yield(failure)
        } else if isSent, let document {
            reader.yield(document.event)
        }
        return stream
    }

    /// Ends all streams and refuses new readers.
    func finish() {
        isOver = true
        pump?.cancel()
        for reader in readers.values { reader.finish() }
    }

    private func forget(_ id: UInt64) { readers[id] = nil }

    /// Sends new samples and failures while there are readers.
    private func run() async {
        let clock = ContinuousClock()
        var lastSent = clock.now
        while !readers.isEmpty, !isOver {
            var update: ByteBuffer?
            do {
                if let snapshot = try await exposition.collect() {
                    let document = document(for: snapshot)
                    // After a failure, the same sample is sent again.
                    if !isSent || failure != nil { update = document.event }
                    isSent = true
                }
                failure = nil
            } catch {
                let event = Self.event(of: error)
                if event != failure { update = event }
                failure = event
            }
            if let update {
                for reader in readers.values { reader.yield(update) }
                lastSent = clock.now
            } else if clock.now - lastSent >= limits.keepAlive {
                for reader in readers.values { Self.remind(reader) }
                lastSent = clock.now
            }
            try? await clock.sleep(for: min(Self.pace, limits.keepAlive))
        }
        pump = nil
    }

    /// Sends a comment, but never in place of a sample that the reader has not taken yet.
    private static func remind(_ reader: AsyncStream<ByteBuffer>.Continuation) {
        if case .dropped(let untaken) = reader.yield(ByteBuffer(string: ": still here\n\n")) {
            reader.yield(untaken)
        }
    }

    /// Returns the snapshot encoded, and marks a new one as not sent yet.
    private func document(for snapshot: Snapshot) -> Document {
        if let document, document.tick == snapshot.tick, document.wallTime == snapshot.wallTime {
            return document
        }
        let text = encoder.encode(snapshot)
        var event = ByteBuffer(string: "event: snapshot\nid: \(snapshot.tick)\ndata: ")
        let start = event.writerIndex
        event.writeBytes(text)
        event.writeString("\n\n")
        isSent = false
        let document = Document(
            tick: snapshot.tick, wallTime: snapshot.wallTime, event: event,
            json: event.getSlice(at: start, length: text.count) ?? ByteBuffer())
        self.document = document
        return document
    }

    private static func event(of failure: any Error) -> ByteBuffer {
        var json = JSONWriter()
        json.value("\(failure)")
        var event = ByteBuffer(string: "event: failure\ndata: ")
        event.writeBytes(json.take())
        event.writeString("\n\n")
        return event
    }
}
#endif
