internal import Actuation
internal import CgroupModel
internal import Configuration
internal import Enforcement
package import Hierarchy
internal import History
internal import KernelIO
package import Logging
internal import PolicyLanguage
internal import Reports
import ServiceLifecycle
import UnixSignals

#if Exporter
internal import Exporter
#endif

extension Logger {
    /// The same logger without debug messages, for libraries.
    package var quiet: Logger {
        var logger = self
        logger.logLevel = max(logLevel, .info)
        return logger
    }
}

/// The process of `cgwarden daemon`: sampler, policy, exporter and audit log.
package struct Daemon {
    private let settings: DaemonConfiguration
    private let system: SystemRoot
    private let cgroupRootArguments: [String]
    private let version: String
    private let ticks: Int?
    private let logger = Logger(label: "cgwarden")

    /// Prepares a daemon.
    ///
    /// - Parameters:
    ///   - cgroupRootArguments: The arguments with which another cgwarden process uses the same
    ///   cgroup file systems.
    ///   - version: The version of the program, for its own metrics.
    ///   - ticks: The number of ticks after which the daemon ends; nil for no end.
    package init(
        _ settings: DaemonConfiguration, on system: SystemRoot, cgroupRootArguments: [String],
        version: String, ticks: Int?
    ) {
        self.settings = settings
        self.system = system
        self.cgroupRootArguments = cgroupRootArguments
        self.version = version
        self.ticks = ticks
    }

    /// Runs until the ticks end or a signal or command stops it; throws if something is left.
    package func run() async throws {
        let machine = try Machine(system, stateDirectory: settings.stateDirectory)
        let claim = try StateClaim.forDaemon(machine.stateDirectory)
        let inheritance = settings.isDryRun ? nil : Inheritance(machine, logger)
        // This comes first, and does not depend on the policy, which may be refused.
        inheritance?.settleAtOnce()
        let expirations = settings.isDryRun ? nil : Expirations(machine, logger)
        expirations?.settle()
        let source = PolicySource(settings, machine.set)
        let policy = try source.load { logger.note($0) }
        let service = try DaemonService(
            settings, policy, source, machine, cgroupRootArguments: cgroupRootArguments,
            version: version, claim: claim,
            inheritance: policy.defaults.isDryRun ? nil : inheritance,
            expirations: policy.defaults.isDryRun ? nil : expirations, ticks: ticks,
            logger: logger)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quiet)
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
