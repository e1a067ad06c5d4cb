import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Service

/// Creates a cgroup.
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a cgroup and its missing ancestors.",
        discussion: """
            On v1 the cgroup is created in every hierarchy except systemd's own, or in those of \
            --controllers. On v2 --controllers are enabled in its ancestors. `cgwarden restore` \
            removes it again if it is empty.

            Examples:
              cgwarden create /lab/job
              cgwarden create --controllers memory,cpu /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Option(
        help: "Controllers to enable: memory,cpu.", completion: .controllers,
        transform: ControllerList.init(parsing:))
    var controllers: ControllerList?
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func run() throws {
        let context = try ActionContext(options)
        let path = try CgroupLookup(context.set).path(cgroup)
        let made = try CgroupMaker(context.direct(StateDirectory.journal())).make(
            path, controllers: controllers?.controllers ?? [], dryRun: dryRun)
        var text =
            made.hierarchies.isEmpty
            ? "\(path) \(dryRun ? "exists" : "already existed")"
            : "\(dryRun ? "would create" : "created") \(path) in "
                + made.hierarchies.joined(separator: ", ")
        if !made.hierarchies.isEmpty, !made.present.isEmpty {
            text +=
                "; it already \(dryRun ? "exists" : "existed") in "
                + made.present.joined(separator: ", ")
        }
        if !made.enabled.isEmpty {
            let enabled = made.enabled.joined(separator: ", ")
            text += "; \(dryRun ? "would enable" : "enabled") \(enabled)"
        }
        try StandardOutput.write(text + "\n")
    }
}
