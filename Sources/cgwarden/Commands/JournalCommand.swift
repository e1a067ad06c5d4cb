import Actuation
import ArgumentParser
import KernelIO

/// The values that cgwarden has changed.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "List what cgwarden has changed and can put back.",
        discussion: """
            Each line is a value that is not what it was before cgwarden touched it first, a \
            cgroup that it made or a process that it moved. `cgwarden restore` puts them back.

            Examples:
              cgwarden journal
              cgwarden journal --json
            """)

    @Flag(help: "One JSON array.") var json = false

    func run() throws {
        let state = try StateDirectory.journal().state()
        if state.isFromEarlierBoot {
            StandardOutput.complain(
                "cgwarden: note: this journal is from before the machine started; nothing of it "
                    + "is in force")
        }
        for line in state.damagedLines {
            StandardOutput.complain("cgwarden: note: line \(line) of the journal is damaged")
        }
        let listing = JournalListing(entries: state.entries)
        try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
    }
}
