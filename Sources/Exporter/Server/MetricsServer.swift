#if Exporter
public import CgroupModel
public import Logging
import NIOCore
import NIOExtras
import NIOPosix

/// Serves `/metrics` and a few pages about it over HTTP/1.1.
public struct MetricsServer: Sendable {
    /// What the operator and the machine decide.
    public struct Configuration: Sendable {
        /// Where to listen.
        public var addresses: [ListenAddress]
        /// Whether systemd has opened the sockets; `addresses` do not matter then.
        public var usesPassedSockets = false
        /// The version of the program.
        public var version: String
        /// Where the metrics are.
        public var telemetryPath = "/metrics"
        /// The file with certificates and passwords, in the format of the Prometheus exporters'
        /// toolkit; nil for plain HTTP for everybody.
        public var webConfigurationFile: String?
        /// How many requests are answered at the same time; 0 for no limit.
        public var mostRequests = 40
        /// The name of this machine, by which it may be asked beside its addresses.
        public var machineName = ""
        /// Further names: `node7.example.org`, `*.example.org`, `*` for any.
        public var allowedHosts: [String] = []
        /// The name of a block device; nil for one that is not known.
        public var deviceName: @Sendable (InstanceKey) -> String? = { _ in nil }
        /// What people know a cgroup as, asked for once in its life.
        public var identity: @Sendable (CgroupEntry) -> CgroupIdentity = {
            CgroupIdentity($0.path)
        }
        /// When a cgroup was made, in microseconds since 1970, asked for once in its life; nil is
        /// not known.
        public var birthTime: @Sendable (CgroupEntry) -> UInt64? = { _ in nil }
        /// Which metrics of which cgroups are exported.
        public var selection = ExportSelection()
        /// What the program itself uses, read once for each sample that is served.
        public var processSample: @Sendable () -> ProcessSample = { ProcessSample() }
        /// Families of other parts of the program, asked for once for each sample that is served.
        public var programFamilies: @Sendable () -> [ProgramFamily] = { [] }
        /// How long and how much of the server a client may use.
        public var limits = ConnectionLimits()
        /// How long open requests may take to end when the server stops.
        public var gracePeriod: Duration = .seconds(3)
        /// How many may read `/api/v1/stream` at the same time.
        public var mostStreams = 32
        /// A stream without news says so after this time.
        public var streamKeepAlive: Duration = .seconds(15)

        /// Everything else has a default.
        public init(addresses: [ListenAddress], version: String) {
            self.addresses = addresses
            self.version = version
        }

        /// Listens at one address.
        public init(address: ListenAddress, version: String) {
            self.init(addresses: [address], version: version)
        }
    }

    private let configuration: Configuration
    private let responder: Responder
    private let logger: Logger

    /// Prepares a server; nothing listens before ``run(onListening:)``.
    public init(
        _ configuration: Configuration, source: any MetricsSource, logger: Logger
    ) {
        self.configuration = configuration
        self.logger = logger
        let encoder = ExpositionEncoder(
            version: configuration.version, selection: configuration.selection,
            deviceName: configuration.deviceName, identity: configuration.identity,
            birthTime: configuration.birthTime)
        let cadvisor = CadvisorEncoder(
            version: configuration.version, selection: configuration.selection,
            deviceName: configuration.deviceName, identity: configuration.identity,
            birthTime: configuration.birthTime)
        let exposition = Exposition(
            source: source, encoder: encoder, cadvisor: cadvisor,
            processSample: configuration.processSample,
            programFamilies: configuration.programFamilies)
        responder = Responder(
            exposition: exposition,
            feed: SampleFeed(
                exposition,
                encoder: SnapshotEncoder(
                    version: configuration.version, identity: configuration.identity),
                limits: .init(
                    readers: configuration.mostStreams,
                    keepAlive: configuration.streamKeepAlive)),
            page: WebPage(
                version: configuration.version, metricsPath: configuration.telemetryPath),
            telemetryPath: configuration.telemetryPath, logger: logger)
    }

    /// Whether a text can be one of the allowed hosts: a name, a domain behind `*.`, or `*`.
    public static func isHostPattern(_ text: String) -> Bool { AllowedHosts.isPattern(text) }

    /// Serves until the task is cancelled, then lets open requests end and returns.
    ///
    /// As soon as it listens everywhere, `onListening` gets each address with the port that was
    /// really taken. Throws ``ServerError`` if an address cannot be had or the web configuration
    /// cannot be used.
    public func run(
        onListening: @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws {
        let access = try WebAccess(configuration.webConfigurationFile, logger: logger)
        let limits = configuration.limits
        let hosts = AllowedHosts(
            configuration.allowedHosts, machine: configuration.machineName,
            listening: configuration.addresses.map(\.host))
        let listening = Listening(
            door: FrontDoor(
                access, RequestSlots(most: configuration.mostRequests),
                HostCheck(hosts, logger: logger), responder),
            limits: limits, table: ConnectionTable(limits))
        let listeners =
            configuration.usesPassedSockets
            ? try await listening.passed() : try await listening.all(configuration.addresses)
        let scheme = await access.current().security == nil ? "http" : "https"
        for listener in listeners {
            let address = listener.address
            let place = address.path == nil ? "\(scheme)://\(address)" : "\(scheme) at \(address): "
            logger.info("serving \(place)\(configuration.telemetryPath)")
            onListening(address)
        }
        try await withTaskCancellationHandler {
            for listener in listeners { try await listener.channel.closeFuture.get() }
        } onCancel: {
            // A stream would never end by itself.
            Task { await responder.feed.finish() }
            for listener in listeners { listener.connections.initiateShutdown(promise: nil) }
        }
        try await drain(listeners)
    }

    /// Waits for the connections to close, but no longer than the grace period.
    private func drain(_ listeners: [Listener]) async throws {
        let loop = Listening.loops.next()
        let drained = listeners.map { listener in
            let promise = loop.makePromise(of: Void.self)
            listener.connections.initiateShutdown(promise: promise)
            return promise.futureResult
        }
        let deadline = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(configuration.gracePeriod)) {
            deadline.succeed()
        }
        EventLoopFuture.andAllComplete(drained, on: loop).whenComplete { _ in
            timer.cancel()
            deadline.succeed()
        }
        try await deadline.futureResult.get()
    }
}
#endif
