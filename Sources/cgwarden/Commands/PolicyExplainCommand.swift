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
        abstract: "Show which part of the policy sets each value of a cgroup, and why.",
        discussion: """
            Asks the running daemon; with --policy no daemon is needed, and the result is based on \
            one sample. The request that wins is marked with a star. Inactive limits are listed \
            with the reason. Rules are listed with their state and its age, the numbers that they \
            compare, and what would make them act or end.

            Examples:
              cgwarden policy explain /build
              cgwarden policy explain /build --json
              cgwarden policy explain /build --policy batch.yaml
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Option(
        help: ArgumentHelp(
            "Policy file, or directory of *.yaml; may be repeated.",
            valueName: "file-or-dir"), completion: .yaml)
    var policy: [String] = []
    @OptionGroup var state: StateDirectoryOption
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let path = try await resolve(set)
        guard !policy.isEmpty else {
            do {
                return try StandardOutput.write(
                    try ControlClient.ask(
                        ["explain", path.controlWord] + (json ? ["json"] : [])))
            } catch let error as CgwardenError where error.status == .unavailable {
                throw CgwardenError("\(error.message), or use --policy", error.status)
            }
        }
        let engine = try await PolicyRehearsal(policy, on: options.system).engine
        let report = try ExplanationReport(of: path, by: engine)
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
    }

    private func resolve(_ set: HierarchySet) async throws -> CgroupPath {
        do {
            return try await CgroupLookup(set).resolve(cgroup)
        } catch  where cgroup.hasSuffix(".yaml") {
            throw CgwardenError(
                "name a cgroup; the file goes to --policy: "
                    + "cgwarden policy explain CGROUP --policy "
                    + ShellWord.quoted(cgroup.onOneLine),
                .usage)
        }
    }
}
