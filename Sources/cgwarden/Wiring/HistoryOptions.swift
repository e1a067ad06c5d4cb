import ArgumentParser
import Events
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

    /// Returns the events of the time that the history covers: the daemon's, or those that the
    /// samples of another history show.
    func events() -> ReplayEvents {
        ReplayEvents { [history] found in
            if let history {
                var past = try Past(history)
                var events = RecordedEvents()
                try past.samples(0 ... .max, step: nil) { snapshot in
                    found(events.take(snapshot))
                    return true
                }
            } else if let journal = try DaemonHistory.events() {
                try EventJournal.read(journal, note: { _ in }) { record in
                    if let stored = StoredEvent(decoding: record) { found([stored.event]) }
                }
            }
        }
    }
}
