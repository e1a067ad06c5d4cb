import Actuation
import ArgumentParser
import KernelIO

/// Holds a cgroup on certain CPUs.
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

    func validate() throws {
        if cpus == nil, mems == nil {
            throw ValidationError("say where to: --cpus 0-1, --mems 0, or both.")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        let pinned = try Pinner(
            set: context.set, files: context.files, journal: StateDirectory.journal(),
            shadow: shadow
        ).pin(path, cpus: cpus?.list, mems: mems?.list)
        var text = "pinned \(path): CPUs \(pinned.cpus), memory nodes \(pinned.mems)"
        if pinned.isNarrowed { text += "; an ancestor allows no more" }
        if let missing = pinned.missing {
            text += "; no process can join until \(missing) are set, too: --\(missing)"
        }
        try StandardOutput.write(text + "\n")
    }
}
