#if Exporter
internal import Causes
internal import CgroupModel
package import Exporter
package import Hierarchy
internal import History
internal import KernelIO
package import Reports
#endif

/// The settings of the HTTP server.
package struct WebSettings: Hashable {
    /// The addresses to listen on; empty disables listening.
    package var addresses = ["127.0.0.1:10980"]
    /// The path of the metrics.
    package var telemetryPath = "/metrics"
    /// The file with certificates and passwords; empty allows everyone over plain HTTP.
    package var configurationFile = ""
    /// Whether systemd opened the sockets; `addresses` are then ignored.
    package var usesPassedSockets = false
    /// The maximum number of concurrent requests; 0 for no limit.
    package var mostRequests = 40
    /// Host names that requests may use besides those of this host.
    package var allowedHosts: [String] = []
    /// The maximum number of readers of the sample stream.
    package var mostStreams = 32
    /// The maximum number of open connections.
    package var mostConnections = 512
    /// Whether to leave out the `process_*` metrics of this program.
    package var omitsOwnMetrics = false

    /// Creates the defaults.
    package init() {}

    /// Whether there is an address or socket to listen on.
    package var isServing: Bool { usesPassedSockets || !addresses.isEmpty }
}

#if Exporter
extension WebSettings {
    /// Returns the parsed addresses.
    package func listenAddresses() throws -> [ListenAddress] {
        do {
            return try addresses.map(ListenAddress.init(parsing:))
        } catch {
            throw CgwardenError("web.listen-address: \(error)", .usage)
        }
    }

    /// Returns the host patterns; throws if one is invalid.
    package func hostPatterns() throws -> [String] {
        for pattern in allowedHosts {
            guard let objection = Self.objection(toHost: pattern) else { continue }
            throw CgwardenError("web.allowed-hosts: \(objection)", .usage)
        }
        return allowedHosts
    }

    /// Why a text is not an address to listen on; nil if it is one.
    static func objection(toAddress text: String) -> String? {
        do {
            _ = try ListenAddress(parsing: text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Why a text is not a pattern for the names of hosts; nil if it is one.
    static func objection(toHost text: String) -> String? {
        MetricsServer.isHostPattern(text)
            ? nil
            : "'\(text.printable)' is not a host name; write node7.example.org, *.example.org, or * "
                + "for any, without a port"
    }
}
#else
extension WebSettings {
    /// Nothing listens, so every text is accepted.
    static func objection(toAddress text: String) -> String? { nil }

    /// Nothing listens, so every text is accepted.
    static func objection(toHost text: String) -> String? { nil }
}
#endif

#if Exporter

extension MetricsServer.Configuration {
    /// Creates the configuration from the settings and this host's data.
    package init(
        _ web: WebSettings, of set: HierarchySet, _ identities: Identities, version: String
    ) throws {
        self.init(addresses: try web.listenAddresses(), version: version)
        telemetryPath = web.telemetryPath
        webConfigurationFile = web.configurationFile.isEmpty ? nil : web.configurationFile
        usesPassedSockets = web.usesPassedSockets
        mostRequests = web.mostRequests
        mostStreams = web.mostStreams
        limits.connections = web.mostConnections
        allowedHosts = try web.hostPatterns()
        let name = try? ReadBuffer.contents(
            of: set.system.proc + Array("/sys/kernel/hostname".utf8))
        machineName = (name ?? []).firstWord
        let devices = BlockDevices(set.system)
        deviceName = { devices.name($0) }
        let births = CgroupBirths(set)
        birthTime = { births.time(of: $0.path) }
        identity = { identities.identity(of: $0) }
        files = SourceFiles(legacy: set.legacyControllers)
        let origin = RecordingOrigin(set.system)
        recording = { snapshot in
            var encoder = SegmentEncoder(origin)
            return encoder.encode(snapshot)
        }
        if !web.omitsOwnMetrics { processSample = { OwnProcess.sample() } }
    }
}

extension CgwardenError {
    /// An error in a file persists across restarts; a port in use may not.
    package init(_ error: ServerError) {
        if case .configuration = error {
            self.init(error.description, .configuration)
        } else {
            self.init(error.description, .unavailable)
        }
    }
}
#endif
