package import Actuation
import CgroupModel
package import Events
import Reports

extension UndoJournal {
    /// The maximum time between the journal entry of a write and the change, in microseconds.
    ///
    /// A write through systemd can take seconds.
    private static let reach: UInt64 = 10_000_000

    /// Recognizes changes that are in this journal: `cgwarden set memory.max=1GiB`,
    /// `cgwarden (rule NAME)`.
    package var ownCause: OwnCause {
        { path, files, wall in
            guard let entries = try? entries() else { return nil }
            let entry = entries.last {
                $0.path == path && files.contains($0.cell.file) && $0.wallTime <= wall
                    && wall - $0.wallTime <= Self.reach
            }
            return entry?.author
        }
    }
}

extension StateDirectory {
    /// Recognizes changes that are in this user's journal; none without a state directory.
    package static var ownCause: OwnCause {
        guard let journal = try? Self.journal() else { return { _, _, _ in nil } }
        return journal.ownCause
    }
}
