import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Sets limits of one cgroup, all or none.
struct SetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set limits of one cgroup, on v1 and v2.",
        discussion: """
            Several limits are one transaction: if one is refused, the others are rolled back. The \
            original values are kept in a journal, and `cgwarden restore` restores them. Sizes and \
            rates need a unit; max means no limit. Limits of a systemd unit are set through the \
            unit's properties, all in one request, so that they survive a daemon-reload; a limit \
            without such a property is written to the kernel's file. --dry-run and the report show \
            which.

            A value that a rule of the daemon manages is set too, with a note that the daemon will \
            reset it; `cgwarden hold` prevents that. When the daemon stops, it restores the value \
            that was set by hand.

            With --for or --confirm, a separate process undoes the change at that time, even if \
            everything else has died. Setting the same limit again, with or without these options, \
            replaces the deadline.

            Examples:
              cgwarden set build memory.max=512MiB cpu.max=1.5cpus
              cgwarden set build memory.max=100MiB --shrink
              cgwarden set build io.max=/dev/vda:wbps=10MB/s,riops=500/s
              cgwarden set build cpuset.cpus=0-1 pids.max=50 --dry-run
              cgwarden set build cpu.max=1cpus --for 10m
              cgwarden set --list
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String?
    @Argument(
        help: ArgumentHelp("Limits as NAME=VALUE.", valueName: "name=value"),
        completion: .settings)
    var settings: [String] = []
    @Flag(help: "Show what would be written, without writing.") var dryRun = false
    @Flag(help: "Set a memory limit even below usage.") var force = false
    @Flag(help: "Lower a memory limit in steps with reclaim, without kills.")
    var shrink = false
    @OptionGroup var expiring: ExpiryOptions
    @Flag(help: "One JSON object.") var json = false
    @Flag(help: "List all limits and exit.") var list = false

    func validate() throws {
        if list { return }
        if let cgroup, let name = cgroup.split(separator: "=").first, cgroup.contains("="),
            CatalogName(String(name))?.limit != nil, !settings.contains(where: { $0.contains("=") })
        {
            let words = [settings.first ?? "CGROUP", cgroup].map {
                ShellWord.quoted($0.onOneLine)
            }
            throw ValidationError(
                "the cgroup comes first: cgwarden set \(words.joined(separator: " "))")
        }
        if cgroup == nil || settings.isEmpty {
            throw ValidationError(
                "name a cgroup and at least one limit: cgwarden set build memory.max=512MiB")
        }
        if force && shrink { throw ValidationError("--force and --shrink are mutually exclusive") }
    }

    func run() async throws {
        if list {
            return try StandardOutput.write(
                WrappedText.text(LimitCatalog.overview, to: StandardOutput.width))
        }
        let context = try ActionContext(options)
        let host = HostFacts(context.set.system)
        let path = try await context.resolve(cgroup ?? "")
        let requests = try LimitRequest.all(parsing: settings, host: host)
        let plan = try LimitPlanner(context.routed(), host: host).plan(
            requests, on: path, force: force, shrink: shrink)
        let isHeld = noteHold(path)
        let routes = try LimitRoutes(of: plan, through: context.files)
        var report = LimitReport(
            path: path, plan: plan, routes: routes, results: nil,
            claims: DaemonClaims(on: path, in: context.set).notes(
                on: plan.writes.map(\.cell), isHeld: isHeld)
                + LimitOwners(in: context.set, journal: nil).report(on: path).warnings)
        report.expiry = expiring.expiry
        if dryRun, let journal = try? StateDirectory.journalToRead() {
            report.renewable = plan.renewable(in: journal)
        }
        // First, because without this right another directory for the journal would not help.
        try plan.checkWritable { routes[$0] != nil }
        if !dryRun {
            let acting = try context.changing(expiring.expiry)
            report.results = LimitTransaction(
                plan, in: acting, cause: "set " + settings.joined(separator: " ")
            ).apply()
            report.changeNumber = acting.changeNumber
        }
        for warning in report.warnings where !json {
            StandardOutput.complain("cgwarden: note: \(warning)")
        }
        try StandardOutput.write(
            json ? report.json : Array(report.text.utf8), failure: report.failure)
    }

    /// Warns that the cgroup is on hold, which stops rules but not commands; false without a hold.
    private func noteHold(_ path: CgroupPath) -> Bool {
        guard let hold = try? StateDirectory.holds().hold(of: path) else { return false }
        StandardOutput.complain(
            "cgwarden: note: \(hold.path) is on hold (`cgwarden hold` lists holds); "
                + "this affects only rules")
        return true
    }
}
