import ArgumentParser
import Logging
import Policy
import Service

/// Samples, applies policies and serves metrics until stopped.
struct DaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Watch all cgroups, apply policies, and export metrics.",
        discussion: """
            Without options it reads /etc/cgwarden/cgwarden.yaml and the policies in \
            /etc/cgwarden/policy.d. It runs in the foreground and writes its decisions to the audit \
            log; those of --dry-run also appear on standard error. `cgwarden status` shows the \
            current state. The host's own daemon keeps history in /var/lib/cgwarden/history.

            A second daemon on the same host needs a --state-dir and a policy for other cgroups: \
            each daemon treats limits that the other sets as drift. A daemon warns if another one \
            is running.

            SIGHUP reloads the policies, all or none. SIGTERM stops the daemon and restores what \
            it changed, unless a policy says restore_on_exit: false; exit status 75 means that \
            something could not be restored. If the daemon dies in any other way, a guardian \
            process thaws and restores within a second. If both are killed, the next daemon does \
            that first; limits that its policy still requests stay in force, and their original \
            values are kept for a later restore.

            Examples:
              cgwarden daemon --policy build.yaml --dry-run    show what it would do
              cgwarden policy check /etc/cgwarden/policy.d     check the policies first
              cgwarden status                                  what it is doing now
              cgwarden panic                                   thaw, restore, stop
            """)

    @OptionGroup var options: SystemOptions
    @Option(
        help: ArgumentHelp(
            "Configuration file; by default /etc/cgwarden/cgwarden.yaml if it exists.",
            valueName: "file"), completion: .yaml)
    var config: String?
    @Option(
        help: ArgumentHelp(
            "Policy file, or directory of *.yaml; may be repeated.",
            valueName: "file-or-dir"), completion: .yaml)
    var policy: [String] = []
    @Option(
        help: ArgumentHelp(
            "State directory, an absolute path (default: /run/cgwarden).", valueName: "dir"))
    var stateDir: String?
    @Option(help: ArgumentHelp("Audit log, in JSON Lines; - for none.", valueName: "file"))
    var audit: String?
    @Option(
        help: ArgumentHelp(
            "Directory of the history, an absolute path; - for none.", valueName: "dir"),
        completion: .directory)
    var history: String?
    @OptionGroup var web: WebOptions
    #if Exporter
    @OptionGroup var metrics: MetricsOptions
    #endif
    @Flag(help: "Evaluate and report, but change nothing.") var dryRun = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Number of ticks after which to stop.", valueName: "number"))
    var numberOfTicks: Int?
    @OptionGroup var log: LogOptions

    func validate() throws {
        if let numberOfTicks, numberOfTicks < 1 {
            throw ValidationError("--number-of-ticks must be at least 1")
        }
        if let stateDir, !stateDir.hasPrefix("/") {
            throw ValidationError("--state-dir must be an absolute path; begin it with /")
        }
        if let history, history != "-", !history.hasPrefix("/") {
            throw ValidationError("--history must be an absolute path; begin it with /")
        }
    }

    func run() async throws {
        var settings = try DaemonConfiguration.read(config)
        if !policy.isEmpty { settings.policies = policy }
        if let stateDir { settings.stateDirectory = stateDir }
        if let audit { settings.audit.file = audit == "-" ? "" : audit }
        if let history { settings.history.directory = history == "-" ? "" : history }
        web.apply(to: &settings.web)
        #if Exporter
        settings.metrics = metrics.applied(to: settings.metrics)
        #endif
        settings.isDryRun = settings.isDryRun || dryRun
        LogOutput.start(
            log.level ?? LogOptions.level(named: settings.logLevel) ?? .info,
            log.format ?? LogFormat(rawValue: settings.logFormat) ?? .logfmt)
        try await Daemon(
            settings, on: options.system, cgroupRootArguments: options.cgroupRootArguments,
            version: Cgwarden.version, ticks: numberOfTicks
        ).run()
    }
}
