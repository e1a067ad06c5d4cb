import ArgumentParser
import Service

/// The HTTP options of all commands that serve, named as in Prometheus exporters.
struct WebOptions: ParsableArguments {
    @Option(
        name: .customLong("web.listen-address"),
        help: ArgumentHelp(
            "Listen address: HOST:PORT, :PORT or unix:/PATH; may be repeated.",
            discussion: "The default is 127.0.0.1:10980. For the daemon, - disables listening.",
            valueName: "address"))
    var addresses: [String] = []
    @Option(
        name: .customLong("web.telemetry-path"),
        help: ArgumentHelp("Path of the metrics (default /metrics).", valueName: "path"))
    var telemetryPath: String?
    @Option(
        name: .customLong("web.config.file"),
        help: ArgumentHelp(
            "TLS and passwords, in Prometheus exporter-toolkit format.", valueName: "file"))
    var configurationFile: String?
    @Flag(
        name: .customLong("web.systemd-socket"),
        help: "Use the sockets of a systemd socket unit.")
    var usesPassedSockets = false
    @Option(
        name: .customLong("web.max-requests"),
        help: ArgumentHelp(
            "Maximum concurrent requests; 0 for unlimited (default 40).",
            valueName: "number"))
    var mostRequests: Int?
    @Option(
        name: .customLong("web.allowed-hosts"),
        help: ArgumentHelp(
            "Additional allowed host: NAME, *.DOMAIN or *; may be repeated.",
            discussion: "Addresses, localhost and the host's own name are always allowed.",
            valueName: "name"))
    var allowedHosts: [String] = []
    @Option(
        name: .customLong("web.max-streams"),
        help: ArgumentHelp(
            "Maximum readers of /api/v1/stream (default 32).",
            valueName: "number"))
    var mostStreams: Int?
    @Option(
        name: .customLong("web.max-connections"),
        help: ArgumentHelp(
            "Maximum open connections (default 512).", valueName: "number"))
    var mostConnections: Int?
    @Flag(
        name: .customLong("web.disable-exporter-metrics"),
        help: "Omit process_ metrics about the exporter itself.")
    var omitsOwnMetrics = false

    func validate() throws {
        if let mostRequests, mostRequests < 0 {
            throw ValidationError("--web.max-requests cannot be negative")
        }
        if let mostStreams, mostStreams < 0 {
            throw ValidationError("--web.max-streams cannot be negative")
        }
        if let mostConnections, mostConnections < 1 {
            throw ValidationError("--web.max-connections must be at least 1")
        }
        if let telemetryPath, !telemetryPath.hasPrefix("/") || telemetryPath.contains("?") {
            throw ValidationError(
                "--web.telemetry-path must begin with /, without a ?: /metrics")
        }
    }

    /// The default settings with the given options applied.
    var settings: WebSettings {
        var settings = WebSettings()
        apply(to: &settings)
        return settings
    }

    /// Overrides settings with the given options.
    func apply(to settings: inout WebSettings) {
        if !addresses.isEmpty { settings.addresses = addresses.filter { $0 != "-" } }
        if let telemetryPath { settings.telemetryPath = telemetryPath }
        if let configurationFile { settings.configurationFile = configurationFile }
        if usesPassedSockets { settings.usesPassedSockets = true }
        if let mostRequests { settings.mostRequests = mostRequests }
        if !allowedHosts.isEmpty { settings.allowedHosts = allowedHosts }
        if let mostStreams { settings.mostStreams = mostStreams }
        if let mostConnections { settings.mostConnections = mostConnections }
        if omitsOwnMetrics { settings.omitsOwnMetrics = true }
    }
}
