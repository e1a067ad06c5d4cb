import ArgumentParser
import KernelIO

/// Options of commands that can show a recording instead of this host.
struct ReplayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show this recording; the space bar pauses.", valueName: "file"),
        completion: .file())
    var replay: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Start time: RFC 3339, HH:MM:SS, or -5m from the end.",
            valueName: "time"))
    var at: WrittenTime?

    func validate() throws {
        if at != nil, replay == nil { throw ValidationError("--at needs --replay") }
        if replay == "-" || replay == "" {
            throw ValidationError("--replay needs a file; it cannot read from a pipe")
        }
    }
}
