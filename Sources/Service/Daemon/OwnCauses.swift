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
    package var ownCauses: OwnCauses {
        {
            let known = Dictionary(grouping: (try? entries()) ?? [], by: \.path)
            return { path, files, wall in
                known[path]?.last {
                    files.contains($0.cell.file) && $0.wallTime <= wall
                        && wall - $0.wallTime <= Self.reach
                }?.author
            }
        }
    }
}

extension StateDirectory {
    /// Recognizes changes that are in this user's journal; none without a state directory.
    package static var ownCauses: OwnCauses {
        guard let journal = try? Self.journal() else { return { { _, _, _ in nil } } }
        return journal.ownCauses
    }
}
