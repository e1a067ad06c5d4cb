import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Policy
import Reports
import Service

/// Explains the values that policies give a cgroup.
struct PolicyExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which part of the policy gives each value of a cgroup, and why.",
        discussion: """
            The daemon that runs is asked; with --policy none is needed, and what one sample tells \
            is shown. The winner of each value is marked with a star. Limits that do not hold now \
            are listed with the reason, and rules with their state and since when, the numbers that \
            they look at, and what would make them act or end.

            Examples:
              cgwarden policy explain /build
              cgwarden policy explain /build --json
              cgwarden policy explain /build --policy batch.yaml
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Option(
        help: ArgumentHelp(
            "A policy file, or a directory of *.yaml; may be given more than once.",
            valueName: "file-or-dir"), completion: .yaml)
    var policy: [String] = []
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(cgroup)
        guard !policy.isEmpty else {
            do {
                return try StandardOutput.write(
                    try ControlClient.ask(
                        ["explain", path.controlWord] + (json ? ["json"] : [])))
            } catch let error as CgwardenError where error.status == .unavailable {
                throw CgwardenError("\(error.message), or name a --policy", error.status)
            }
        }
        let engine = try await PolicyRehearsal(policy, on: options.system).engine
        let report = try ExplanationReport(of: path, by: engine)
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
    }
}
