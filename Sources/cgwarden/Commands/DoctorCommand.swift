import Actuation
import ArgumentParser
import Hierarchy
import KernelIO

/// Reports what is possible on this host.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what this machine, its kernel and your privileges allow, and why not.",
        discussion: """
            Lists the hierarchies and controllers, and for each kind of action whether this kernel, \
            this machine and this user allow it; where they do not, the reason and what would help. \
            Other programs that set limits here are named. Nothing is changed.

            Examples:
              cgwarden doctor
              cgwarden doctor --json
            """)

    @OptionGroup var options: SystemOptions
    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        let system = options.system
        let report = DiagnosisReport(
            Diagnosis(try HierarchySet.discover(system)),
            kernelLogRefusal: system.isLive
                ? KernelLog.refusal()?.reason : "a captured tree has no kernel log")
        try StandardOutput.write(json ? report.json : Array(report.text.utf8))
    }
}
