import Actuation
import ArgumentParser
import Hierarchy
import KernelIO
import Reports
import Service

/// Lists the values that cgwarden has changed.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "List what cgwarden has changed and can put back.",
        discussion: """
            Each line is a value that is not what it was before cgwarden touched it first, a \
            cgroup that it made or a process that it moved. `cgwarden restore` puts them back.

            WAS is the value before, SET the one that the last write left, and NOW the kernel's \
            present value, which differs from SET if someone else has changed it since.

            Examples:
              cgwarden journal
              cgwarden journal --json
            """)

    @OptionGroup var options: SystemOptions
    @Flag(help: "One JSON array.") var json = false

    func run() throws {
        let state = try StateDirectory.journalToRead().state()
        if state.entries.isEmpty {
            try StateDirectory.requireSystem()
        } else if let hidden = StateDirectory.hidden {
            StandardOutput.complain(
                "cgwarden: note: only your own changes are listed; those of root are in \(hidden)")
        }
        if state.isFromEarlierBoot {
            StandardOutput.complain(
                "cgwarden: note: this journal is from before the machine started; nothing of it "
                    + "is in force")
        }
        for line in state.damagedLines {
            StandardOutput.complain("cgwarden: note: line \(line) of the journal is damaged")
        }
        let listing = JournalListing(
            entries: state.entries, set: try? HierarchySet.discover(options.system))
        try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
    }
}
