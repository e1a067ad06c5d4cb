import ArgumentParser
import Logging
import Policy
import Service

/// Samples, applies policies and serves metrics until stopped.
struct DaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Watch all cgroups, apply the policies, and serve the numbers.",
        discussion: """
            Without options it reads /etc/cgwarden/cgwarden.yaml and the policies in \
            /etc/cgwarden/policy.d. SIGHUP reads the policies anew (all or nothing); SIGTERM begins \
            nothing new and puts back what was changed, unless a policy says restore_on_exit: false; \
            exit status 75 tells that something is left. Should it die in \
            any other way, a guardian process thaws and restores within a second. If both are \
            killed, the next daemon does that before anything else; limits that its policy still \
            wants stay, and are put back to what they were at first.

            Examples:
              cgwarden daemon --policy build.yaml --dry-run    see what it would do
              cgwarden policy check /etc/cgwarden/policy.d     look for mistakes first
              cgwarden status                                  what it is doing now
              cgwarden panic                                   thaw, put everything back, stop
            """)

    @OptionGroup var options: SystemOptions
    @Option(
        help: "The configuration; /etc/cgwarden/cgwarden.yaml if there is one.",
        completion: .yaml)
    var config: String?
    @Option(
        help: ArgumentHelp(
            "A policy file, or a directory of *.yaml; may be given more than once.",
            valueName: "file-or-dir"), completion: .yaml)
    var policy: [String] = []
    @Option(help: "Absolute path for the undo journal and the control socket.")
    var stateDir: String?
    @Option(help: "The audit log, a JSON object a line; - for none.") var audit: String?
    @OptionGroup var web: WebOptions
    #if Exporter
    @OptionGroup var metrics: MetricsOptions
    #endif
    @Flag(help: "Decide and tell, but change nothing.") var dryRun = false
    @Option(name: .shortAndLong, help: "Stop after so many ticks.") var numberOfTicks: Int?
    @Option(help: "How much to log: debug, info, warning or error.", completion: .logLevels)
    var logLevel: String?

    func validate() throws {
        if let numberOfTicks, numberOfTicks < 1 {
            throw ValidationError("--number-of-ticks must be at least 1.")
        }
        if let stateDir, !stateDir.hasPrefix("/") {
            throw ValidationError("--state-dir must be an absolute path: /run/cgwarden")
        }
        if let logLevel, Logger.Level(rawValue: logLevel) == nil {
            throw ValidationError("levels are debug, info, warning and error.")
        }
    }

    func run() async throws {
        var settings = try DaemonConfiguration.read(config)
        if !policy.isEmpty { settings.policies = policy }
        if let stateDir { settings.stateDirectory = stateDir }
        if let audit { settings.audit.file = audit == "-" ? "" : audit }
        web.apply(to: &settings.web)
        #if Exporter
        settings.metrics = metrics.applied(to: settings.metrics)
        #endif
        if let logLevel { settings.logLevel = logLevel }
        settings.isDryRun = settings.isDryRun || dryRun
        LogOutput.start(Logger.Level(rawValue: settings.logLevel) ?? .info)
        try await Daemon(
            settings, on: options.system, cgroupRootArguments: options.cgroupRootArguments,
            version: Cgwarden.version, ticks: numberOfTicks
        ).run()
    }
}
