#if Exporter
public import CgroupModel
public import Logging
import Glibc
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix

/// Serves `/metrics` and a few pages about it over HTTP/1.1.
public struct MetricsServer: Sendable {
    /// What the operator and the machine decide.
    public struct Configuration: Sendable {
        /// Where to listen.
        public var address: ListenAddress
        /// The version of the program.
        public var version: String
        /// The name of a block device; nil for one that is not known.
        public var deviceName: @Sendable (InstanceKey) -> String? = { _ in nil }
        /// What the program itself uses, read once for each sample that is served.
        public var processSample: @Sendable () -> ProcessSample = { ProcessSample() }
        /// A connection on which nothing moves for so long is closed.
        public var idleTimeout: Duration = .seconds(120)
        /// How long open requests may take to end when the server stops.
        public var gracePeriod: Duration = .seconds(3)

        /// Everything else has a default.
        public init(address: ListenAddress, version: String) {
            self.address = address
            self.version = version
        }
    }

    private let configuration: Configuration
    private let responder: Responder

    /// Prepares a server; nothing listens before ``run(onListening:)``.
    public init(
        _ configuration: Configuration, source: any MetricsSource, logger: Logger
    ) {
        self.configuration = configuration
        let encoder = ExpositionEncoder(
            version: configuration.version, deviceName: configuration.deviceName)
        responder = Responder(
            exposition: Exposition(
                source: source, encoder: encoder, processSample: configuration.processSample),
            version: configuration.version, logger: logger)
    }

    /// Serves until the task is cancelled, then lets open requests end and returns.
    ///
    /// `onListening` gets the address with the port that was really taken. Throws ``ServerError``
    /// if the address cannot be had.
    public func run(
        onListening: @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws {
        // One thread: it only moves bytes, all other work is done elsewhere.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await serve(on: group, onListening)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    /// A function of its own because all that hangs on the loop has to be released before it ends.
    private func serve(
        on group: any EventLoopGroup, _ onListening: @Sendable (ListenAddress) -> Void
    ) async throws {
        let connections = ServerQuiescingHelper(group: group)
        let channel = try await bind(group, connections)
        onListening(
            ListenAddress(
                host: configuration.address.host,
                port: channel.localAddress?.port ?? configuration.address.port))
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            connections.initiateShutdown(promise: nil)
        }
        try await drain(connections, on: group.next())
    }

    /// Waits for the connections to close, but no longer than the grace period; what is open then
    /// is cut when the group shuts down.
    private func drain(_ connections: ServerQuiescingHelper, on loop: any EventLoop) async throws {
        let drained = loop.makePromise(of: Void.self)
        connections.initiateShutdown(promise: drained)
        let deadline = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(configuration.gracePeriod)) {
            deadline.succeed()
        }
        drained.futureResult.whenComplete { _ in
            timer.cancel()
            deadline.succeed()
        }
        try await deadline.futureResult.get()
    }

    private func bind(
        _ group: any EventLoopGroup, _ connections: ServerQuiescingHelper
    ) async throws -> any Channel {
        let address = configuration.address
        let bootstrap = bootstrap(group, connections)
        do {
            guard address.host.isEmpty else {
                return try await bootstrap.bind(host: address.host, port: address.port).get()
            }
            do {
                // Takes IPv4 as well.
                return try await bootstrap.bind(host: "::", port: address.port).get()
            } catch let error as IOError
                where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode)
            {
                return try await bootstrap.bind(host: "0.0.0.0", port: address.port).get()
            }
        } catch {
            throw ServerError(error, at: address)
        }
    }

    private func bootstrap(
        _ group: any EventLoopGroup, _ connections: ServerQuiescingHelper
    ) -> ServerBootstrap {
        let idleTimeout = TimeAmount(configuration.idleTimeout)
        let responder = responder
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        connections.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: idleTimeout))
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(RequestHandler(responder))
                }
            }
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    }
}
#endif
