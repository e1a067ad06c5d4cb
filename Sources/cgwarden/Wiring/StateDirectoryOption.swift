import ArgumentParser
import Service

/// The option of commands that ask a daemon with a state directory of its own.
struct StateDirectoryOption: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp(
            "State directory of the daemon, as given to it; absolute.", valueName: "dir"),
        completion: .directory)
    var path: String?

    func validate() throws {
        if let path, !path.hasPrefix("/") {
            throw ValidationError("--state-dir must be an absolute path; begin it with /")
        }
    }
        StateDirectory.choose(path)
}
