import ArgumentParser
import KernelIO
import Policy
import Reports
import Service

/// Shows the changes that policies would make now.
struct PolicyPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what policies would change on this host now.",
        discussion: """
            Takes one sample and shows each value that would change: old and new value, the part \
            of the policy that requests it, the kernel's files in the order of writing, and what \
            is best effort. Changes nothing. Exit status: 0 for no changes, 10 for some, 2 for a \
            policy with errors.

            Examples:
              cgwarden policy plan                    all in /etc/cgwarden/policy.d
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
        defer {
            for note in plan.notes where !json {
                StandardOutput.complain("cgwarden: note: \(note)")
            }
        }
        try StandardOutput.write(
            json ? report.json : Array(report.text.utf8),
            failure: plan.hasChanges ? ExitCode(10) : nil)
    }
}
