import ArgumentParser

/// The options about HTTP: the same for every command that serves, with the names that Prometheus
/// exporters have.
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
    @Flag(
        name: .customLong("web.disable-exporter-metrics"),
        help: "Leave out the process_ metrics about this program itself.")
    var omitsOwnMetrics = false

    func validate() throws {
        if let mostRequests, mostRequests < 0 {
            throw ValidationError("--web.max-requests cannot be negative.")
        }
        if let telemetryPath, !telemetryPath.hasPrefix("/") || telemetryPath.contains("?") {
            throw ValidationError("--web.telemetry-path must begin with / and have no ?: /metrics.")
        }
    }

    /// The usual settings with what was given.
    var settings: WebSettings {
        var settings = WebSettings()
        apply(to: &settings)
        return settings
    }

    /// What was given wins.
    func apply(to settings: inout WebSettings) {
        if !addresses.isEmpty { settings.addresses = addresses.filter { $0 != "-" } }
        if let telemetryPath { settings.telemetryPath = telemetryPath }
        if let configurationFile { settings.configurationFile = configurationFile }
        if usesPassedSockets { settings.usesPassedSockets = true }
        if let mostRequests { settings.mostRequests = mostRequests }
        if omitsOwnMetrics { settings.omitsOwnMetrics = true }
    }
}
