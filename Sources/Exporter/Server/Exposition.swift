#if Exporter
import CgroupModel
import NIOCore

/// The bodies of `/metrics` and `/metrics/cadvisor`: collected and rendered once for all scrapes
/// of the same sample.
actor Exposition {
    /// Under which names the cgroups are shown.
    enum Vocabulary: Hashable {
        /// Those of the catalog.
        case own
        case cadvisor
    }

    private struct Body: Hashable {
        let vocabulary: Vocabulary
        let format: ExpositionFormat
    }

    /// The bodies of one sample, rendered when they are first asked for.
    private struct Rendered {
        let tick: UInt64
        let wallTime: UInt64
        /// Taken once, so that both formats say the same.
        let process: ProcessSample
        let programFamilies: [ProgramFamily]
        var plain: [Body: ByteBuffer] = [:]
        var compressed: [Body: ByteBuffer] = [:]
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

    /// Whether there is a first sample.
    func isReady() async throws -> Bool {
        if !hasSample { _ = try await collect() }
        return hasSample
    }

    /// One whole body and whether it is compressed; nil before there is a first sample.
    func body(
        _ vocabulary: Vocabulary = .own, _ format: ExpositionFormat, gzip: Bool
    ) async throws -> (bytes: ByteBuffer, isCompressed: Bool)? {
        guard let snapshot = try await collect() else { return nil }
        var current = current(snapshot)
        defer { rendered = current }
        let body = Body(vocabulary: vocabulary, format: format)
        let plain = current.plain[body] ?? render(snapshot, current, body)
        current.plain[body] = plain
        guard gzip, plain.readableBytes >= Gzip.smallestBody else { return (plain, false) }
        let compressed = try current.compressed[body] ?? Gzip.compress(plain)
        current.compressed[body] = compressed
        return (compressed, true)
    }

    /// Joins the collection that runs, if one does.
    ///
    /// It is no part of the task that asked first, so the others get their sample even when that
    /// client goes away.
    private func collect() async throws -> Snapshot? {
        if let collection { return try await collection.value }
        let collection = Task { [source] in try await source.snapshot() }
        self.collection = collection
        defer { self.collection = nil }
        let snapshot = try await collection.value
        if snapshot != nil { hasSample = true }
        return snapshot
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
        _ snapshot: Snapshot, _ current: Rendered, _ body: Body
    ) -> ByteBuffer {
        switch body.vocabulary {
        case .own:
            encoder.encode(
                snapshot, process: current.process, programFamilies: current.programFamilies,
                as: body.format)
            return ByteBuffer(bytes: encoder.bytes)
        case .cadvisor:
            cadvisor.encode(snapshot, as: body.format)
            return ByteBuffer(bytes: cadvisor.bytes)
        }
    }
}
#endif
