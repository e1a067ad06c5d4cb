import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Restricts a cgroup to certain CPUs and memory nodes.
struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Hold a cgroup on certain CPUs and memory nodes.",
        discussion: """
            A unit of systemd is pinned by its AllowedCPUs and AllowedMemoryNodes; systemd switches \
            cpuset on for it if need be. `cgwarden restore` undoes it.

            Where a v1 machine has the processes in a larger cgroup in the tree of cpuset, --shadow \
            moves them into one of their own; `cgwarden restore` moves them back.

            Examples:
              cgwarden pin --cpus 0-1 /lab/job
              cgwarden pin --cpus 2,3 --mems 0 /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Option(help: "CPUs: 0-3,8.") var cpus: RangeArgument?
    @Option(help: "Memory nodes: 0.") var mems: RangeArgument?

    @Flag(help: "On v1 move them into a cgroup of their own if they are in a larger one.")
    var shadow = false
    @Flag(help: "Show what would be written, and write nothing.") var dryRun = false

    func validate() throws {
        if cpus == nil, mems == nil {
            throw ValidationError("say where to: --cpus 0-1, --mems 0, or both.")
        }
        if dryRun && shadow {
            throw ValidationError("--dry-run cannot foresee --shadow; leave out one of them.")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.tellOfClaims(on: path) { claims in
            claims.notes(
                on: (cpus == nil ? [] : ["cpuset.cpus"]) + (mems == nil ? [] : ["cpuset.mems"]))
        }
        let pinner = try Pinner(
            set: context.set, files: context.files, journal: StateDirectory.journal(),
            shadow: shadow)
        if dryRun {
            try pinner.check(path, cpus: cpus?.list, mems: mems?.list)
            return try StandardOutput.write(plan(path, context).text)
        }
        let pinned = try pinner.pin(path, cpus: cpus?.list, mems: mems?.list)
        var text = "pinned \(path): CPUs \(pinned.cpus), memory nodes \(pinned.mems)"
        if pinned.isNarrowed { text += "; an ancestor allows no more" }
        if let missing = pinned.missing {
            text += "; no process can join until \(missing) are set, too: --\(missing)"
        }
        try StandardOutput.write(text + "\n")
    }

    /// The planned writes, in the form of `cgwarden set --dry-run`.
    private func plan(_ path: CgroupPath, _ context: ActionContext) throws -> LimitReport {
        let requests = [("cpuset.cpus", cpus), ("cpuset.mems", mems)].compactMap { name, list in
            LimitCatalog.limit(named: name).flatMap { limit in
                list.map { LimitRequest(limit: limit, value: .text($0.list.description)) }
            }
        }
        let plan = try LimitPlanner(set: context.set, files: context.files).plan(
            requests, on: path)
        return try LimitReport(
            path: path, plan: plan, routes: LimitRoutes(of: plan, through: context.files),
            results: nil)
    }
}
