import ArgumentParser
import KernelIO
import Policy
import Reports
import Service

/// Shows the changes that policies would make now.
struct PolicyPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Tell what policies would change on this machine now.",
        discussion: """
            It samples once and shows each value that is not as wanted: what it is and becomes, who \
            wants it, the kernel's files in the order of writing, and what is best effort. Nothing \
            is changed. Exit status: 0 for no changes, 10 for some, 2 for a policy with mistakes.

            Examples:
              cgwarden policy plan                    /etc/cgwarden/policy.d
              cgwarden policy plan batch.yaml
              cgwarden policy plan --json batch.yaml
            """)

    @OptionGroup var options: SystemOptions
    @Argument(
        help: ArgumentHelp("Files and directories.", valueName: "file-or-dir"),
        completion: .yaml)
    var paths = [PolicyFiles.usual]
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let plan = PolicyPlan(try await PolicyRehearsal(paths, on: options.system))
        let report = PolicyPlanReport(plan)
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
        if !json { for note in plan.notes { StandardOutput.complain("cgwarden: note: \(note)") } }
        if plan.hasChanges { throw ExitCode(10) }
    }
}
