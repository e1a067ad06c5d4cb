import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Reclaims memory from a cgroup.
struct ReclaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclaim", abstract: "Reclaim memory that a cgroup does not need now.",
        discussion: """
            Drops page cache and swaps memory out; kills nothing. On cgroup v1 only --all is \
            available.

            Examples:
              cgwarden reclaim /lab/job 64MiB
              cgwarden reclaim --all /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Argument(help: "Amount: 64MiB, 1GB.") var amount: ByteAmount?
    @Flag(help: "Reclaim as much as possible.") var all = false
    @Option(help: "Time limit: 30s, 1m.") var deadline = Interval(seconds: 10)
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func validate() throws {
        if amount == nil, !all {
            throw ValidationError("name an amount such as 64MiB, or --all")
        }
        if amount != nil, all {
            throw ValidationError("--all and an amount are mutually exclusive")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        let result = try Reclaimer(context.direct()).reclaim(
            path, amount.map { .bytes($0.bytes) } ?? .all, deadline: deadline.duration,
            dryRun: dryRun)
        if dryRun {
            let much = amount.map { ByteText.of($0.bytes) } ?? "as much as possible"
            return try StandardOutput.write(
                "would reclaim \(much) from \(path): usage \(ByteText.of(result.before))\n")
        }
        let usage =
            "usage \(ByteText.of(result.before)), then \(ByteText.of(result.after))"
        let freed =
            result.confirmed.map { "reclaimed \(ByteText.of($0)) from \(path)" }
            ?? "reclaimed as much as possible from \(path)"
        let note = result.isPartial ? "; the kernel found no more" : ""
        try StandardOutput.write(
            Array("\(freed): \(usage)\(note)\n".utf8),
            failure: result.isPartial ? ExitCode(ExitStatus.temporaryFailure.rawValue) : nil)
    }
}
