import ArgumentParser
import History
import KernelIO
import Reports
import Service

/// The option of commands that can read the past.
struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read this history folder or recording, not the daemon's.", valueName: "path"),
        completion: .file())
    var history: String?

    func validate() throws {
        if history == "-" || history == "" {
            throw ValidationError("--history needs a folder or a file; it cannot read from a pipe")
        }
    }

    /// Opens the history; throws one sentence with a remedy if there is none.
    func open() throws -> HistoryReader { try HistoryReader(history) }
}
