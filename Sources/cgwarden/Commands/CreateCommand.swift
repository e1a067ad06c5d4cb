import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Creates a cgroup.
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a cgroup and its missing ancestors.",
        discussion: """
            On v1 the cgroup is created in every hierarchy except systemd's own, or in those of \
            --controllers. On v2 --controllers are enabled in its ancestors. `cgwarden restore` \
            removes it again if it is empty, and so do --for and --confirm at their time.

            Examples:
              cgwarden create /lab/job
              cgwarden create --controllers memory,cpu /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: "Path or directory of the cgroup.", completion: .cgroup) var cgroup: String
    @Option(
        help: "Controllers to enable: memory,cpu.", completion: .controllers,
        transform: ControllerList.init(parsing:))
    var controllers: ControllerList?
    @OptionGroup var expiring: ExpiryOptions
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func run() throws {
        let context = try ActionContext(options)
        let path = try CgroupLookup(context.set).path(cgroup)
        let acting =
            try dryRun ? context.direct() : context.changingDirectly(expiring.expiry)
        let made = try CgroupMaker(acting).make(
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
        let expiry = expiring.expiry
        if let sentence = dryRun ? expiry.plan : expiry.sentence(acting.changeNumber) {
            text += "; \(sentence)"
        }
        if !cgroup.contains("/") {
            StandardOutput.complain(
                "cgwarden: note: '\(cgroup.printable)' is not a path, so the cgroup is at the top "
                    + "of the hierarchy: \(path)")
        }
        if !dryRun, !made.hierarchies.isEmpty {
            text += "\nundo: cgwarden restore \(path.shellWord)"
        }
        try StandardOutput.write(text + "\n")
    }
}
