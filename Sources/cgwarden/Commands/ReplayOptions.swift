import ArgumentParser

/// Options of commands that can show a recording instead of this host.
struct ReplayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show this recording instead of the machine; the blank pauses.", valueName: "file"),
        completion: .file())
    var replay: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Begin the replay at: RFC 3339, HH:MM:SS, or -5m for that long before its end.",
            valueName: "time"))
    var at: ReplayTime?

    func validate() throws {
        if at != nil, replay == nil { throw ValidationError("--at goes with --replay.") }
        if replay == "-" || replay == "" {
            throw ValidationError("--replay needs the name of a file; it cannot come from a pipe.")
        }
    }
}
