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
        /// What people know a cgroup as, asked for once in its life.
        public var identity: @Sendable (CgroupEntry) -> CgroupIdentity = {
            CgroupIdentity($0.path)
        }
        /// What the program itself uses, read once for each sample that is served.
        public var processSample: @Sendable () -> ProcessSample = { ProcessSample() }
        /// Families of other parts of the program, asked for once for each sample that is served.
        public var programFamilies: @Sendable () -> [ProgramFamily] = { [] }
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
            version: configuration.version, deviceName: configuration.deviceName,
            identity: configuration.identity)
        responder = Responder(
            exposition: Exposition(
                source: source, encoder: encoder, processSample: configuration.processSample,
                programFamilies: configuration.programFamilies),
            version: configuration.version, logger: logger)
    }

    /// Serves until the task is cancelled, then lets open requests end and returns.
    ///
    /// `onListening` gets the address with the port that was really taken. Throws ``ServerError``
    /// if the address cannot be had.
    public func run(
        onListening: @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws {
        let (channel, connections) = try await listen()
        onListening(
            ListenAddress(
                host: configuration.address.host,
                port: channel.localAddress?.port ?? configuration.address.port))
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            connections.initiateShutdown(promise: nil)
        }
        try await drain(connections)
    }

    /// One thread, since it only moves bytes: all other work is done elsewhere.
    ///
    /// It is never shut down. An answer may still be under way when its connection is gone, and
    /// must find the loop that it was asked on.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Waits for the connections to close, but no longer than the grace period.
    private func drain(_ connections: ServerQuiescingHelper) async throws {
        let loop = Self.loops.next()
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

    /// A socket that listens, and what knows its connections.
    private typealias Listener = (channel: any Channel, connections: ServerQuiescingHelper)

    private func listen() async throws -> Listener {
        let address = configuration.address
        do {
            guard address.host.isEmpty else { return try await listen(at: address.host) }
            do {
                // Takes IPv4 as well.
                return try await listen(at: "::")
            } catch let error as IOError
                where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode)
            {
                return try await listen(at: "0.0.0.0")
            }
        } catch {
            throw ServerError(error, at: address)
        }
    }

    private func listen(at host: String) async throws -> Listener {
        let connections = ServerQuiescingHelper(group: Self.loops)
        let channel = try await bootstrap(connections)
            .bind(host: host, port: configuration.address.port).get()
        return (channel, connections)
    }

    private func bootstrap(_ connections: ServerQuiescingHelper) -> ServerBootstrap {
        let idleTimeout = TimeAmount(configuration.idleTimeout)
        let responder = responder
        return ServerBootstrap(group: Self.loops)
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
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }
}
#endif
