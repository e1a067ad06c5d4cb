import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Keeps a change that would otherwise be undone.
struct ConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm", abstract: "Keep a change that was made with --confirm.",
        discussion: """
            The change stays in force, and `cgwarden restore` can still undo it. Without a number, \
            it keeps the only change that awaits a confirmation, and lists them if there are \
            several. A number also keeps a change that was made with --for. A change whose time \
            has passed cannot be kept; make it again.

            Examples:
              cgwarden set build memory.max=1GiB --confirm 60s
              cgwarden confirm
              cgwarden confirm 12
            """)

    @OptionGroup var state: StateDirectoryOption
    @Argument(help: "The number of the change, as `cgwarden journal` shows it.")
    var number: UInt64?
    @Flag(help: "Keep all changes that await a confirmation.") var all = false

    func validate() throws {
        if all, number != nil {
            throw ValidationError("--all and a number are mutually exclusive")
        }
    }

    func run() throws {
        let journal = try StateDirectory.journalToRead()
        let pending = PendingChanges(try journal.entries())
        if number == nil, !all, pending.awaiting.count > 1 {
            StandardOutput.complain(lines: pending.text)
            throw CgwardenError(
                "\(pending.awaiting.count) changes await a confirmation; name one, or --all",
                .usage)
        }
        let kept = PendingChanges(try journal.confirm(number))
        if kept.changes.isEmpty {
            if number == nil { try StateDirectory.requireSystem() }
            throw CgwardenError(
                number.map { "no change \($0) is pending; `cgwarden journal` lists the changes" }
                    ?? "no change awaits a confirmation; its time may have passed: "
                    + "`cgwarden journal` lists what is in force", .noInput)
        }
        for change in kept.changes {
            try StandardOutput.write(
                "kept change \(change.number): \(change.summary); "
                    + "undo: cgwarden restore --change \(change.number)\n")
        }
    }
}
