#if Exporter
import Exporter
import Logging
import Testing

/// A server on a free loopback port, for the duration of a test.
enum TestServer {
    static func run(
        _ source: StubSource = StubSource(ExporterFixtures.small()),
        logger: Logger = Logger(label: "test"),
        configure: (inout MetricsServer.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        var configuration = MetricsServer.Configuration(
            addresses: [ListenAddress(host: "127.0.0.1", port: 0)], version: "1.2.3")
        configuration.deviceName = { $0 == ExporterFixtures.disk ? "vda" : nil }
        configuration.processSample = { ExporterFixtures.process }
        // Generous, so that a test on a busy machine does not depend on them by accident.
        configuration.limits.requestTime = .seconds(300)
        configuration.limits.answerTime = .seconds(300)
        configuration.limits.writeTime = .seconds(300)
        configuration.limits.stallTime = .seconds(300)
        configure(&configuration)
        let server = MetricsServer(configuration, source: source, logger: logger)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run { continuation.yield($0.port) }
            }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
#endif
