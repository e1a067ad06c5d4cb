import ArgumentParser
import Service

/// The HTTP options of all commands that serve, named as in Prometheus exporters.
struct WebOptions: ParsableArguments {
    @Option(
        name: .customLong("web.listen-address"),
        help: ArgumentHelp(
            "Where to listen: HOST:PORT, :PORT or unix:/PATH; may be given more than once.",
            discussion: "Without it, 127.0.0.1:10980. The daemon takes - for nowhere.",
            valueName: "address"))
    var addresses: [String] = []
    @Option(
        name: .customLong("web.telemetry-path"),
        help: ArgumentHelp("Where the metrics are; without it, /metrics.", valueName: "path"))
    var telemetryPath: String?
    @Option(
        name: .customLong("web.config.file"),
        help: ArgumentHelp(
            "TLS and passwords, in the format of Prometheus exporters.", valueName: "file"))
    var configurationFile: String?
    @Flag(
        name: .customLong("web.systemd-socket"),
        help: "Listen at the sockets of a systemd socket unit instead.")
    var usesPassedSockets = false
    @Option(
        name: .customLong("web.max-requests"),
        help: ArgumentHelp(
            "How many requests are answered at the same time; 0 for any number, without it 40.",
            valueName: "number"))
    var mostRequests: Int?
    @Option(
        name: .customLong("web.allowed-hosts"),
        help: ArgumentHelp(
            "Further host name for requests: NAME, *.DOMAIN or *; may be given more than once.",
            discussion: "Addresses, localhost and the machine's own name are always allowed.",
            valueName: "name"))
    var allowedHosts: [String] = []
    @Option(
        name: .customLong("web.max-streams"),
        help: ArgumentHelp(
            "Most readers of /api/v1/stream, which the page uses (default 32).",
            valueName: "number"))
    var mostStreams: Int?
    @Option(
        name: .customLong("web.max-connections"),
        help: ArgumentHelp(
            "Most open connections (default 512).", valueName: "number"))
    var mostConnections: Int?
    @Flag(
        name: .customLong("web.disable-exporter-metrics"),
        help: "Leave out the process_ metrics about this program itself.")
    var omitsOwnMetrics = false

    func validate() throws {
        if let mostRequests, mostRequests < 0 {
            throw ValidationError("--web.max-requests cannot be negative.")
        }
        if let mostStreams, mostStreams < 0 {
            throw ValidationError("--web.max-streams cannot be negative.")
        }
        if let mostConnections, mostConnections < 1 {
            throw ValidationError("--web.max-connections needs a number above 0.")
        }
        if let telemetryPath, !telemetryPath.hasPrefix("/") || telemetryPath.contains("?") {
            throw ValidationError("--web.telemetry-path must begin with / and have no ?: /metrics.")
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
