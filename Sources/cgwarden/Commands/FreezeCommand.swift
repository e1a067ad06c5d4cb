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
            systemd may be busy. With --confirm, the cgroup is thawed earlier unless `cgwarden \
            confirm` lets the freeze last until the timeout.

            On v1, if the processes share a larger cgroup in the freezer hierarchy, --shadow moves \
            them into a cgroup of their own, and the thaw moves them back.

            Examples:
              cgwarden freeze batch.slice
              cgwarden freeze --timeout 5m /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Option(
        name: [.long, .customLong("for")], help: "Time limit: 500ms, 10s, 5m.")
    var timeout = Interval(seconds: 60)
    @Option(
        help: ArgumentHelp(
            "Time after which to thaw unless `cgwarden confirm` keeps it: 10s.",
            valueName: "time"))
    var confirm: Interval?

    @Flag(help: "On v1, move processes out of a larger cgroup first.")
    var shadow = false
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func validate() throws {
        if dryRun && shadow {
            throw ValidationError("--dry-run and --shadow are mutually exclusive")
        }
        if let confirm, confirm.seconds >= timeout.seconds {
            throw ValidationError("--confirm must be shorter than --timeout")
        }
    }

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.noteClaims(on: path, \.notesOnFreeze)
        let expiry = confirm.map { Expiry.unlessConfirmed($0.duration) } ?? .none
        let acting = try dryRun ? context.routed() : context.changing(expiry)
        let frozen = try Freezer(acting).freeze(
            path, timeout: timeout.duration, shadow: shadow, dryRun: dryRun)
        let why = frozen.isShortened ? " (half of a service's watchdog)" : ""
        let what =
            "\(path): \(counted(frozen.processes, "process", "processes")), hierarchy "
            + "\(frozen.hierarchy); thaws in \(frozen.timeout.exactText)\(why)"
        try StandardOutput.write(
            dryRun
                ? "would freeze \(what)\n"
                : "froze \(what), or earlier with: cgwarden thaw \(path.shellWord)\n"
                    + (expiry.sentence(acting.changeNumber).map { "\($0)\n" } ?? ""))
    }
}
