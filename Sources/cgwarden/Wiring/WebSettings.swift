#if Exporter
import CgroupModel
import Exporter
import Hierarchy
import KernelIO
#endif

/// How the program is reached over HTTP.
struct WebSettings: Hashable {
    /// Where it listens; empty for nowhere.
    var addresses = ["127.0.0.1:10980"]
    /// Where the metrics are.
    var telemetryPath = "/metrics"
    /// Certificates and passwords; empty for plain HTTP for everybody.
    var configurationFile = ""
    /// Whether systemd has opened the sockets; `addresses` do not matter then.
    var usesPassedSockets = false
    /// How many requests are answered at the same time, 0 for no limit.
    var mostRequests = 40
    /// Names by which it may be asked beside those of the machine.
    var allowedHosts: [String] = []
    /// How many may read the stream of samples.
    var mostStreams = 32
    /// How many connections there are.
    var mostConnections = 512
    /// Whether what the program itself uses is left out.
    var omitsOwnMetrics = false

    /// Whether there is anything to listen at.
    var isServing: Bool { usesPassedSockets || !addresses.isEmpty }
}

#if Exporter
extension WebSettings {
    /// The addresses as the server takes them.
    func listenAddresses() throws -> [ListenAddress] {
        do {
            return try addresses.map(ListenAddress.init(parsing:))
        } catch {
            throw CgwardenError("web.listen-address: \(error)", .usage)
        }
    }

    /// The names of hosts as the server takes them.
    func hostPatterns() throws -> [String] {
        for pattern in allowedHosts where !MetricsServer.isHostPattern(pattern) {
            throw CgwardenError(
                "web.allowed-hosts: '\(pattern.printable)' is no host name; write node7.example.org, "
                    + "*.example.org, or * for any, without a port", .usage)
        }
        return allowedHosts
    }
}

extension MetricsServer.Configuration {
    /// What every command that serves tells the server of this machine.
    init(_ web: WebSettings, of set: HierarchySet, _ identities: Identities) throws {
        self.init(addresses: try web.listenAddresses(), version: Cgwarden.version)
        telemetryPath = web.telemetryPath
        webConfigurationFile = web.configurationFile.isEmpty ? nil : web.configurationFile
        usesPassedSockets = web.usesPassedSockets
        mostRequests = web.mostRequests
        mostStreams = web.mostStreams
        limits.connections = web.mostConnections
        allowedHosts = try web.hostPatterns()
        let name = try? ReadBuffer.contents(
            of: set.system.proc + Array("/sys/kernel/hostname".utf8))
        machineName = String(decoding: (name ?? []).prefix { $0 > 0x20 }, as: UTF8.self)
        let devices = BlockDevices(set.system)
        deviceName = { devices.name($0) }
        let births = CgroupBirths(set)
        birthTime = { births.time(of: $0.path) }
        identity = { identities.identity(of: $0) }
        if !web.omitsOwnMetrics { processSample = { OwnProcess.sample() } }
    }
}

extension CgwardenError {
    /// A mistake in a file is still there after another start, a used port may not be.
    init(_ error: ServerError) {
        if case .configuration = error {
            self.init(error.description, .configuration)
        } else {
            self.init(error.description, .unavailable)
        }
    }
}
#endif
