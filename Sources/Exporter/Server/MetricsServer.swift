#if Exporter
package import Causes
package import CgroupModel
package import Events
package import Logging
import NIOCore
import NIOExtras
import NIOPosix

/// Serves `/metrics`, the web page and its API over HTTP/1.1.
package struct MetricsServer: Sendable {
    /// The server's configuration.
    package struct Configuration: Sendable {
        /// The addresses to listen on.
        package var addresses: [ListenAddress]
        /// Whether systemd opened the sockets; `addresses` are then ignored.
        package var usesPassedSockets = false
        /// The version of the program.
        package var version: String
        /// The path of the metrics.
        package var telemetryPath = "/metrics"
        /// The file with certificates and passwords, in the format of the Prometheus exporter
        /// toolkit; nil allows everyone over plain HTTP.
        package var webConfigurationFile: String?
        /// The maximum number of concurrent requests; 0 for no limit.
        package var mostRequests = 40
        /// The maximum number of requests for the past, running or waiting, so that they leave room
        /// for other requests.
        var mostPastRequests: Int { mostRequests == 0 ? 4 : max(min(mostRequests / 4, 4), 1) }
        /// The name of this machine, which requests may use in place of an address.
        package var machineName = ""
        /// Other names that requests may use: `node7.example.org`, `*.example.org`, `*` for any.
        package var allowedHosts: [String] = []
        /// Returns the name of a block device; nil if unknown.
        package var deviceName: @Sendable (InstanceKey) -> String? = { _ in nil }
        /// Returns the identity of a cgroup; called again for containers, which can be named later.
        package var identity: @Sendable (CgroupEntry) -> CgroupIdentity = {
            CgroupIdentity($0.path)
        }
        /// Returns the creation time of a cgroup in microseconds since 1970; nil if unknown.
        ///
        /// Each encoder calls this once in a cgroup's life.
        package var birthTime: @Sendable (CgroupEntry) -> UInt64? = { _ in nil }
        /// The files that samples come from, for explanations.
        package var files = SourceFiles()
        /// The metrics and cgroups to export.
        package var selection = ExportSelection()
        /// Returns the program's own resource usage; called once for each sample that is served.
        package var processSample: @Sendable () -> ProcessSample = { ProcessSample() }
        /// Returns families of other parts of the program; called once for each sample that is
        /// served.
        package var programFamilies: @Sendable () -> [ProgramFamily] = { [] }
        /// The events to serve; nil for none.
        package var events: EventStore?
        /// Opens the history as it is now, nil if there is none; a nil closure serves no history.
        package var past: (@Sendable () throws -> (any PastReader)?)?
        /// Encodes a sample as a recording, for other programs; nil if this server offers none.
        package var recording: (@Sendable (Snapshot) -> [UInt8])?
        /// The time, connections and memory that clients may use.
        package var limits = ConnectionLimits()
        /// The time that open requests have to finish when the server stops.
        package var gracePeriod: Duration = .seconds(3)
        /// The maximum number of readers of `/api/v1/stream`, and of the stream of events.
        package var mostStreams = 32
        /// The silence after which a stream sends a keep-alive comment.
        package var streamKeepAlive: Duration = .seconds(15)

        /// Creates a configuration with defaults for everything else.
        package init(addresses: [ListenAddress], version: String) {
            self.addresses = addresses
            self.version = version
        }
    }

    private let configuration: Configuration
    private let responder: Responder
    private let logger: Logger

    /// Prepares a server, which listens only in ``run(onListening:)``.
    package init(
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
        let limits = SampleFeed.Limits(
            readers: configuration.mostStreams, keepAlive: configuration.streamKeepAlive)
        responder = Responder(
            exposition: exposition,
            feed: SampleFeed(
                exposition,
                encoder: SnapshotEncoder(
                    version: configuration.version, identity: configuration.identity),
                limits: limits),
            explainer: Explainer(configuration.files),
            events: configuration.events.map { EventFeed($0, limits: limits) },
            history: configuration.past.map {
                HistoryFeed(
                    version: configuration.version, most: configuration.mostPastRequests,
                    open: $0)
            },
            page: WebPage(
                version: configuration.version, metricsPath: configuration.telemetryPath,
                hasEvents: configuration.events != nil),
            recording: configuration.recording,
            telemetryPath: configuration.telemetryPath, logger: logger)
    }

    /// Whether the text is valid in `allowedHosts`: a name, a domain after `*.`, or `*`.
    package static func isHostPattern(_ text: String) -> Bool { AllowedHosts.isPattern(text) }

    /// Serves until the task is canceled, then lets open requests finish and returns.
    ///
    /// Once all sockets listen, calls `onListening` for each address with the actual port. Throws
    /// ``ServerError`` if an address or the web configuration cannot be used.
    package func run(
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
            // A stream never ends by itself.
            responder.events?.finish()
            Task { await responder.feed.finish() }
            for listener in listeners { listener.connections.initiateShutdown(promise: nil) }
        }
        try await drain(listeners)
    }

    /// Waits for the connections to close, but at most for the grace period.
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
