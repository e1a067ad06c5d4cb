import Actuation
import ArgumentParser
import KernelIO
import Reports
import Service

/// Freezes a cgroup for a limited time.
struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Stop all processes of a cgroup for a while.",
        discussion: """
            It ends when all stand still. A helper lets them go on when the time is over, even if \
            everything else has ended; `cgwarden thaw` does so earlier. A cgroup that holds a file \
            lock which others wait for is thawed at once. On v2 systemd freezes and thaws what is its \
            unit; the helper thaws by the kernel's file, for systemd may be busy.

            Where a v1 machine has the processes in a larger cgroup in the tree that freezes, \
            --shadow moves them into one of their own meanwhile, and the thaw moves them back.

            Examples:
              cgwarden freeze batch.slice
              cgwarden freeze --timeout 5m /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Option(help: "How long at most: 500ms, 10s, 5m.") var timeout = Interval(seconds: 60)

    @Flag(help: "On v1 move them into a cgroup of their own if they are in a larger one.")
    var shadow = false
    @Flag(help: "Show what would be done, and do nothing.") var dryRun = false

    func validate() throws {
        if dryRun && shadow {
            throw ValidationError("--dry-run cannot foresee --shadow; leave out one of them.")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.tellOfClaims(on: path, \.notesOnFreeze)
        let frozen = try Freezer(
            set: context.set, files: context.files, journal: StateDirectory.journal(),
            shadow: shadow
        ).freeze(path, timeout: timeout.duration, dryRun: dryRun)
        let why = frozen.isShortened ? " (half of a service's watchdog)" : ""
        let what =
            "\(path): \(counted(frozen.processes, "process", "processes")), hierarchy "
            + "\(frozen.hierarchy); thawed in \(frozen.timeout.shortText)\(why)"
        try StandardOutput.write(
            dryRun
                ? "would freeze \(what)\n" : "froze \(what), or now with: cgwarden thaw \(path)\n")
    }
}
