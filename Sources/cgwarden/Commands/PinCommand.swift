import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Restricts a cgroup to certain CPUs and memory nodes.
struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Pin a cgroup to CPUs and memory nodes.",
        discussion: """
            A systemd unit is pinned by its AllowedCPUs and AllowedMemoryNodes properties; systemd \
            enables cpuset for it if necessary. `cgwarden restore` undoes it.

            On v1, if the processes share a larger cgroup in the cpuset hierarchy, --shadow moves \
            them into a cgroup of their own; `cgwarden restore` moves them back.

            --for and --confirm undo all of it at their time, as for `cgwarden set`.

            Examples:
              cgwarden pin --cpus 0-1 /lab/job
              cgwarden pin --cpus 2,3 --mems 0 /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Option(help: "CPUs: 0-3,8.") var cpus: RangeArgument?
    @Option(help: "Memory nodes: 0.") var mems: RangeArgument?

    @Flag(help: "On v1, move processes out of a larger cgroup first.")
    var shadow = false
    @OptionGroup var expiring: ExpiryOptions
    @Flag(help: "Show what would be written, without writing.") var dryRun = false

    func validate() throws {
        if cpus == nil, mems == nil {
            throw ValidationError("name CPUs or memory nodes: --cpus 0-1, --mems 0, or both")
        }
        if dryRun && shadow {
            throw ValidationError("--dry-run and --shadow are mutually exclusive")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.noteClaims(on: path) { claims in
            claims.notes(
                on: (cpus == nil ? [] : ["cpuset.cpus"]) + (mems == nil ? [] : ["cpuset.mems"]))
        }
        if dryRun {
            try Pinner(context.routed()).check(path, cpus: cpus?.list, mems: mems?.list)
            return try StandardOutput.write(plan(path, context).text)
        }
        let acting = try context.changing(expiring.expiry)
        let pinned = try Pinner(acting).pin(
            path, cpus: cpus?.list, mems: mems?.list, shadow: shadow)
        var text = "pinned \(path): CPUs \(pinned.cpus), memory nodes \(pinned.mems)"
        if pinned.isNarrowed { text += "; an ancestor allows no more" }
        if let missing = pinned.missing {
            text += "; no process can join until \(missing) are set, too: --\(missing)"
        }
        if let sentence = expiring.expiry.sentence(acting.changeNumber) { text += "; \(sentence)" }
        try StandardOutput.write(text + "\n")
    }

    /// The planned writes, in the form of `cgwarden set --dry-run`.
    private func plan(_ path: CgroupPath, _ context: ActionContext) throws -> LimitReport {
        let requests = [("cpuset.cpus", cpus), ("cpuset.mems", mems)].compactMap { name, list in
            LimitCatalog.limit(named: name).flatMap { limit in
                list.map { LimitRequest(limit: limit, value: .text($0.list.description)) }
            }
        }
        let plan = try LimitPlanner(context.routed()).plan(requests, on: path)
        let routes = try LimitRoutes(of: plan, through: context.files)
        try plan.checkWritable { routes[$0] != nil }
        var report = LimitReport(path: path, plan: plan, routes: routes, results: nil)
        report.expiry = expiring.expiry
        return report
    }
}
