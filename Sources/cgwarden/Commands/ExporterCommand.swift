#if Exporter
import ArgumentParser
import CgroupModel
import Exporter
import Hierarchy
import History
import KernelIO
import Logging
import Reports
import Service
import ServiceLifecycle
import UnixSignals

/// Serves cgroup metrics to Prometheus.
struct ExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exporter",
        abstract: "Export metrics of all cgroups over HTTP for Prometheus.",
        discussion: """
            Serves metrics at /metrics, the same under cAdvisor's names at /metrics/cadvisor, a \
            web page at /, JSON at /api/v1/ and health checks at /-/healthy and /-/ready, by \
            default on 127.0.0.1:10980. It needs no root and changes nothing.

            Cgroups are read when a client asks; requests within the same second share a sample. \
            By default six levels and 1000 cgroups are exported, the shallowest and oldest first; \
            the others are counted in cgwarden_cgroups_dropped.

            Examples:
              cgwarden exporter
              cgwarden exporter --web.listen-address :10980 --metrics.profile basic
              cgwarden exporter --web.config.file web.yml      TLS and passwords
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var web: WebOptions
    @OptionGroup var metrics: MetricsOptions
    @OptionGroup var store: HistoryOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard web.settings.isServing else {
            throw ValidationError("--web.listen-address: the exporter needs an address")
        }
        do {
            _ = try web.settings.listenAddresses()
            _ = try web.settings.hostPatterns()
        } catch let error as CgwardenError {
            throw ValidationError(error.message)
        }
    }

    func run() async throws {
        LogOutput.start(log.level ?? .info, log.format ?? .logfmt)
        let logger = Logger(label: "cgwarden")
        let selection = metrics.applied(to: ExportSelection())
        var sampling = SamplerConfiguration()
        sampling.readDepth = selection.depth
        // The web page and cAdvisor's families need their metrics whatever the profile exports.
        let observation = try Observation(
            options.system,
            metrics: Array(
                Set(selection.metrics + CgroupFigures.metrics + CadvisorFamilies.metrics)),
            configuration: sampling)
        let ledger = ExportLedger()
        let identities = Identities(observation.set)
        // The first scrape already has container names, if they can be found within a short time.
        identities.settle(try await CgroupLookup(observation.set).cgroups())
        var configuration = try MetricsServer.Configuration(
            web.settings, of: observation.set, identities, version: Cgwarden.version)
        configuration.selection = selection
        configuration.files = observation.files
        configuration.programFamilies = { ledger.families }
        // The daemon's history is that of the whole host.
        let usual = options.isWholeHost ? try DaemonHistory.folder() : nil
        if let folder = store.history ?? usual {
            configuration.past = { try Past.ifPresent(folder) }
        }
        let server = MetricsServer(
            configuration, source: ScrapeSource(observation.sampler, ledger), logger: logger)
        var group = ServiceGroupConfiguration(
            services: [.init(service: ExporterService(server: server))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quiet)
        group.maximumGracefulShutdownDuration = .seconds(10)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as ServerError {
            throw CgwardenError(error)
        }
    }
}

/// The HTTP server as a service, which ends at a graceful shutdown.
private struct ExporterService: Service {
    let server: MetricsServer

    func run() async throws {
        defer { ServiceNotification.stopping() }
        try await cancelWhenGracefulShutdown {
            try await server.run { _ in ServiceNotification.ready() }
        }
    }
}
#endif
