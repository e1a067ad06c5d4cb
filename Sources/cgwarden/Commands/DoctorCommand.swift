import Actuation
import ArgumentParser
import Events
import Hierarchy
import KernelIO
import Reports
import Service

/// Reports which actions this host allows.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Report which actions this host allows, and what prevents the others.",
        discussion: """
            Lists the hierarchies and controllers, and for each kind of action whether the kernel, \
            the host and this user allow it; if not, the reason and the remedy. Names other \
            programs that set limits. Changes nothing.

            Examples:
              cgwarden doctor
              cgwarden doctor --json
            """)

    @OptionGroup var options: SystemOptions
    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        let system = options.system
        let set = try HierarchySet.discover(system)
        let report = DiagnosisReport(
            Diagnosis(set),
            kernelLogRefusal: system.isLive
                ? KernelLog.refusal()?.reason : "a captured tree has no kernel log",
            writeRefusal: system.isLive
                ? LimitWrites.refusal(set)?.reason : "nobody writes to a captured tree",
            history: system.isLive ? HistoryState.ofHost() : nil)
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
    }
}
