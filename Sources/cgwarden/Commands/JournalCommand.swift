import Actuation
import ArgumentParser
import Hierarchy
import KernelIO
import Reports
import Service

/// Lists the values that cgwarden has changed.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "List the changes that cgwarden can undo.",
        discussion: """
            Each line is a value that differs from its original, a cgroup that cgwarden created, \
            or a process that it moved. `cgwarden restore` undoes them.

            WAS is the original value, SET the one that cgwarden wrote last, and NOW the current \
            one, which differs from SET if something else has changed it since. CHANGE is the \
            number for `cgwarden restore --change` and `cgwarden confirm`. EXPIRES is the time \
            until the change is undone, - if it has no deadline.

            Examples:
              cgwarden journal
              cgwarden journal --json
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Flag(help: "One JSON array.") var json = false

    func run() throws {
        let state = try StateDirectory.journalToRead().state()
        if state.entries.isEmpty {
            try StateDirectory.requireSystem()
        } else if let hidden = StateDirectory.hidden {
            StandardOutput.complain(
                "cgwarden: note: only your own changes are listed; root's are in \(hidden)")
        }
        if state.isFromEarlierBoot {
            StandardOutput.complain(
                "cgwarden: note: this journal predates the last boot; nothing in it is "
                    + "in force")
        }
        for line in state.damagedLines {
            StandardOutput.complain("cgwarden: note: line \(line) of the journal is damaged")
        }
        let listing = JournalListing(
            entries: state.entries, set: try? HierarchySet.discover(options.system))
        if json { return try StandardOutput.write(listing.json) }
        try StandardOutput.write(listing.text(width: StandardOutput.width))
    }
}
