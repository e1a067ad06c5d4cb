#if Exporter
import CgroupModel
import NIOCore

/// The bodies of `/metrics` and `/metrics/cadvisor`, collected and rendered once for all scrapes of
/// the same sample.
actor Exposition {
    /// The naming scheme of the metrics.
    enum Vocabulary: Hashable {
        /// The names of the catalog.
        case own
        case cadvisor
    }

    /// The properties that distinguish one body from another.
    private struct Kind: Hashable {
        let vocabulary: Vocabulary
        let format: ExpositionFormat
        /// The collectors to include; nil for all.
        let collectors: Set<Collector>?
    }

    /// The bodies of one sample, rendered on first request.
    private struct Rendered {
        /// More kinds than regular scrapers request, but a limit for a client that tries them all.
        static let mostKinds = 16

        let tick: UInt64
        let wallTime: UInt64
        /// Read once, so that all bodies agree.
        let process: ProcessSample
        let programFamilies: [ProgramFamily]
        var scrapeDuration: Reading?
        var plain: [Kind: ByteBuffer] = [:]
        var compressed: [Kind: ByteBuffer] = [:]

        mutating func makeRoom() {
            guard plain.count >= Self.mostKinds else { return }
            plain.removeAll()
            compressed.removeAll()
        }
    }

    private let source: any MetricsSource
    private let processSample: @Sendable () -> ProcessSample
    private let programFamilies: @Sendable () -> [ProgramFamily]
    private var encoder: ExpositionEncoder
    private var cadvisor: CadvisorEncoder
    private var collection: Task<Snapshot?, any Error>?
    private var rendered: Rendered?
    private var hasSample = false

    init(
        source: any MetricsSource, encoder: ExpositionEncoder, cadvisor: CadvisorEncoder,
        processSample: @escaping @Sendable () -> ProcessSample,
        programFamilies: @escaping @Sendable () -> [ProgramFamily] = { [] }
    ) {
        self.source = source
        self.encoder = encoder
        self.cadvisor = cadvisor
        self.processSample = processSample
        self.programFamilies = programFamilies
    }

    /// Returns whether there has been a first sample.
    func isReady() async throws -> Bool {
        if !hasSample { _ = try await collect() }
        return hasSample
    }

    /// Returns a complete body and whether it is compressed; nil before the first sample.
    ///
    /// The body has only the cgroup families of `collectors`; nil includes all.
    func body(
        _ vocabulary: Vocabulary = .own, _ format: ExpositionFormat,
        collectors: Set<Collector>? = nil, gzip: Bool
    ) async throws -> (bytes: ByteBuffer, isCompressed: Bool)? {
        let start = ContinuousClock.now
        guard let snapshot = try await collect() else { return nil }
        var current = current(snapshot)
        defer { rendered = current }
        let kind = Kind(vocabulary: vocabulary, format: format, collectors: collectors)
        let plain = current.plain[kind] ?? render(snapshot, &current, kind, since: start)
        guard gzip, plain.readableBytes >= Gzip.smallestBody else { return (plain, false) }
        let compressed = try current.compressed[kind] ?? Gzip.compress(plain)
        current.compressed[kind] = compressed
        return (compressed, true)
    }

    /// Returns a sample that is fresh enough; nil before the first.
    func collect() async throws -> Snapshot? {
        let snapshot = try await collected()
        // Clients that joined the collection may resume before the one that started it.
        if snapshot != nil { hasSample = true }
        return snapshot
    }

    /// Collects a sample, and joins a running collection if there is one.
    ///
    /// The collection is not part of the first client's task, so the others get their sample even
    /// if that client disconnects.
    private func collected() async throws -> Snapshot? {
        if let collection { return try await collection.value }
        let collection = Task { [source] in try await source.snapshot() }
        self.collection = collection
        defer { self.collection = nil }
        return try await collection.value
    }

    private func current(_ snapshot: Snapshot) -> Rendered {
        if let rendered, rendered.tick == snapshot.tick, rendered.wallTime == snapshot.wallTime {
            return rendered
        }
        return Rendered(
            tick: snapshot.tick, wallTime: snapshot.wallTime, process: processSample(),
            programFamilies: programFamilies())
    }

    private func render(
        _ snapshot: Snapshot, _ current: inout Rendered, _ kind: Kind,
        since start: ContinuousClock.Instant
    ) -> ByteBuffer {
        let body =
            switch kind.vocabulary {
            case .own: renderOwn(snapshot, &current, kind, since: start)
            case .cadvisor: renderCadvisor(snapshot, kind)
            }
        current.makeRoom()
        current.plain[kind] = body
        return body
    }

    private func renderCadvisor(_ snapshot: Snapshot, _ kind: Kind) -> ByteBuffer {
        cadvisor.encode(snapshot, collectors: kind.collectors, as: kind.format)
        return ByteBuffer(bytes: cadvisor.bytes)
    }

    private func renderOwn(
        _ snapshot: Snapshot, _ current: inout Rendered, _ kind: Kind,
        since start: ContinuousClock.Instant
    ) -> ByteBuffer {
        var duration = current.scrapeDuration
        encoder.encode(
            snapshot, process: current.process, programFamilies: current.programFamilies,
            collectors: kind.collectors,
            elapsed: {
                let reading = duration ?? Reading((ContinuousClock.now - start).nanoseconds)
                duration = reading
                return reading
            }, as: kind.format)
        current.scrapeDuration = duration
        return ByteBuffer(bytes: encoder.bytes)
    }
}
#endif
