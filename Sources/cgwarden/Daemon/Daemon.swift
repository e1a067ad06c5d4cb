import Actuation
import CgroupModel
import Configuration
import Enforcement
import Hierarchy
import History
import KernelIO
import Logging
import PolicyLanguage
import ServiceLifecycle
import UnixSignals

#if Exporter
import Exporter
#endif

/// The process of `cgwarden daemon`: sampler, policy, exporter and audit log.
struct Daemon {
    private let settings: DaemonConfiguration
    private let options: SystemOptions
    private let ticks: Int?
    private let logger = Logger(label: "cgwarden")

    init(_ settings: DaemonConfiguration, _ options: SystemOptions, ticks: Int?) {
        self.settings = settings
        self.options = options
        self.ticks = ticks
    }

    func run() async throws {
        let machine = try Machine(options, stateDirectory: settings.stateDirectory)
        let claim = try StateClaim.forDaemon(machine.stateDirectory)
        let inheritance = settings.isDryRun ? nil : Inheritance(machine, logger)
        // Done first, whatever the policy says, and even if it is refused.
        inheritance?.settleAtOnce()
        let source = PolicySource(settings, machine.set)
        let policy = try source.load { logger.warning("\($0)") }
        let service = try DaemonService(
            settings, policy, source, machine, options, claim: claim,
            inheritance: policy.defaults.isDryRun ? nil : inheritance, ticks: ticks,
            logger: logger)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(60)
        #if Exporter
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as ServerError {
            throw CgwardenError(error)
        }
        #else
        try await ServiceGroup(configuration: group).run()
        #endif
    }
}

extension DaemonConfiguration {
    private static let usualFile = "/etc/cgwarden/cgwarden.yaml"

    /// Reads the configuration file; without a path, the default file if it exists.
    static func read(_ path: String?) throws -> DaemonConfiguration {
        let file = path ?? usualFile
        if path == nil, !LogFile.exists(file) { return DaemonConfiguration() }
        do {
            // The file names the state directory, so a user who can write it could act as root.
            return try DaemonConfiguration(
                TrustedFile.contents(of: file, most: ConfigLoader.largestFile), file: file)
        } catch let refusal as FileRefusal where !refusal.isFailure {
            throw CgwardenError(refusal.description, .configuration)
        } catch let error as ConfigError {
            throw CgwardenError(error.description, .configuration)
        }
    }
}
