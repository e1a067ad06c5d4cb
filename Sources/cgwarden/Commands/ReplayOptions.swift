import ArgumentParser
import KernelIO

/// Options of commands that can show a recording or the history instead of this host.
struct ReplayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show this recording; the space bar pauses.", valueName: "file"),
        completion: .file())
    var replay: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Time to show: -2h, 14:02, 'yesterday 14:00', RFC 3339.", valueName: "time"))
    var at: WrittenTime?
    @OptionGroup var store: HistoryOptions

    func validate() throws {
        if store.history != nil, replay != nil {
            throw ValidationError("--history and --replay are mutually exclusive")
        }
        if replay == "-" || replay == "" {
            throw ValidationError("--replay needs a file; it cannot read from a pipe")
        }
    }

    /// Whether the command does not sample this host.
    var isReplay: Bool { replay != nil || at != nil }
}
