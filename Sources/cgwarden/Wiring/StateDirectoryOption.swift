import ArgumentParser
import Service

/// The option of commands that ask a daemon with a state directory of its own, or read its state.
struct StateDirectoryOption: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp(
            "Absolute path of the state directory (default: see cgwarden(1)).", valueName: "dir"),
        completion: .directory)
    var path: String?

    func validate() throws {
        guard let path else { return }
        guard path.hasPrefix("/") else {
            throw ValidationError("--state-dir must be an absolute path; begin it with /")
        }
        StateDirectory.choose(path)
    }
}
