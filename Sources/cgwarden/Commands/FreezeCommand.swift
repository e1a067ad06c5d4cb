import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Freezes a cgroup for a limited time.
struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "Freeze all processes of a cgroup for a limited time.",
        discussion: """
            Returns once all processes are frozen. A helper thaws them at the timeout, even if \
            everything else has died; `cgwarden thaw` thaws earlier. A cgroup is thawed \
            immediately if it holds a file lock that other processes wait for. On v2 systemd \
            freezes and thaws its own units; the helper thaws through the kernel's file, because \
            systemd may be busy.

            On v1, if the processes share a larger cgroup in the freezer hierarchy, --shadow moves \
            them into a cgroup of their own, and the thaw moves them back.

            Examples:
              cgwarden freeze batch.slice
              cgwarden freeze --timeout 5m /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Option(help: "Time limit: 500ms, 10s, 5m.") var timeout = Interval(seconds: 60)

    @Flag(help: "On v1, move processes out of a larger cgroup first.")
    var shadow = false
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func validate() throws {
        if dryRun && shadow {
            throw ValidationError("--dry-run and --shadow are mutually exclusive")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.tellOfClaims(on: path, \.notesOnFreeze)
        let frozen = try Freezer(context.routed(StateDirectory.journal())).freeze(
            path, timeout: timeout.duration, shadow: shadow, dryRun: dryRun)
        let why = frozen.isShortened ? " (half of a service's watchdog)" : ""
        let what =
            "\(path): \(counted(frozen.processes, "process", "processes")), hierarchy "
            + "\(frozen.hierarchy); thaws in \(frozen.timeout.shortText)\(why)"
        try StandardOutput.write(
            dryRun
                ? "would freeze \(what)\n"
                : "froze \(what), or earlier with: cgwarden thaw \(path)\n")
    }
}
