#if Exporter
import CgroupModel
import NIOCore

/// The body of `/metrics`: collected and rendered once for all scrapes of the same sample.
actor Exposition {
    /// The bodies of one sample, rendered when they are first asked for.
    private struct Rendered {
        let tick: UInt64
        let wallTime: UInt64
        /// Taken once, so that both formats say the same.
        let process: ProcessSample
        let programFamilies: [ProgramFamily]
        var plain: [ExpositionFormat: ByteBuffer] = [:]
        var compressed: [ExpositionFormat: ByteBuffer] = [:]
    }

    private let source: any MetricsSource
    private let processSample: @Sendable () -> ProcessSample
    private let programFamilies: @Sendable () -> [ProgramFamily]
    private var encoder: ExpositionEncoder
    private var collection: Task<Snapshot?, any Error>?
    private var rendered: Rendered?
    private var hasSample = false

    init(
        source: any MetricsSource, encoder: ExpositionEncoder,
        processSample: @escaping @Sendable () -> ProcessSample,
        programFamilies: @escaping @Sendable () -> [ProgramFamily] = { [] }
    ) {
        self.source = source
        self.encoder = encoder
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
        _ format: ExpositionFormat, gzip: Bool
    ) async throws -> (bytes: ByteBuffer, isCompressed: Bool)? {
        guard let snapshot = try await collect() else { return nil }
        var current = current(snapshot)
        defer { rendered = current }
        let plain = current.plain[format] ?? render(snapshot, current, format)
        current.plain[format] = plain
        guard gzip, plain.readableBytes >= Gzip.smallestBody else { return (plain, false) }
        let compressed = try current.compressed[format] ?? Gzip.compress(plain)
        current.compressed[format] = compressed
        return (compressed, true)
    }

    /// A sample that is fresh enough; joins the collection that runs, if one does.
    ///
    /// It is no part of the task that asked first, so the others get their sample even when that
    /// client goes away.
    func collect() async throws -> Snapshot? {
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
        _ snapshot: Snapshot, _ current: Rendered, _ format: ExpositionFormat
    ) -> ByteBuffer {
        encoder.encode(
            snapshot, process: current.process, programFamilies: current.programFamilies,
            as: format)
        return ByteBuffer(bytes: encoder.bytes)
    }
}
#endif
