import ArgumentParser
import CgroupModel
import KernelIO
import PolicyLanguage
import Reports
import Service

/// Reports all errors and warnings in policy files.
struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check policy files and list all errors.",
        discussion: """
            Each finding is a line FILE:LINE:COLUMN: error|warning: MESSAGE [CHECK]. The files form \
            one policy and are checked together, those of a directory (*.yaml) in byte order. Exit \
            status: 0 without errors, 2 with any.

            Examples:
              cgwarden policy check                       all in /etc/cgwarden/policy.d
              cgwarden policy check batch.yaml
              cgwarden policy check --mode v2 policy.d    for another machine
            """)

    @OptionGroup var options: SystemOptions
    @Argument(
        help: ArgumentHelp("Files and directories.", valueName: "file-or-dir"),
        completion: .yaml)
    var paths = [PolicyFiles.usual]
    @Option(
        help: "Check for v1, v2 or hybrid hierarchies; by default this host's.",
        completion: .words(["v1", "v2", "hybrid"]), transform: hierarchyMode)
    var mode: HierarchyMode?
    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        let load = try PolicyFiles.load(paths, on: options.system, mode: mode)
        let report = PolicyReport(load)
        if !json, StandardOutput.isTerminal, let verdict = report.verdict(on: paths) {
            return try StandardOutput.write(report.text + verdict)
        }
        try StandardOutput.write(
            json ? report.json : Array(report.text.utf8),
            failure: load.isRefused ? ExitCode(2) : nil)
    }
}

private func hierarchyMode(_ text: String) throws -> HierarchyMode {
    guard let mode = HierarchyMode(rawValue: text) else {
        throw ValidationError(unknown: "mode", text, among: HierarchyMode.allCases.map(\.rawValue))
    }
    return mode
}
