/// The result of restoring one value.
package struct RestoreResult: Sendable {
    /// The outcome of a restore.
    package enum Outcome: Sendable {
        /// The original was written, or would be in a dry run.
        case restored
        /// The value was the original already.
        case already
        /// The cgroup or its file no longer exists.
        case gone
        /// A person's command has set the value since, and that change is not being restored.
        case kept
        /// The change has ended, at its time or by a command, while the daemon's value is in force.
        ///
        /// The daemon returns to the original once it restores its own change.
        case overridden
        /// Another program has changed the value since; it was left unchanged.
        case foreign
        /// Another process of cgwarden is about to write the value; the entry stays.
        case beingWritten(by: ProcessIdentity)
        /// Only a best-effort value could be restored.
        ///
        /// A cpuset with tasks cannot be emptied, so the given value was written. A controller
        /// stays enabled while the given child exists.
        case residue(String)
        /// The original could not be written; the entry stays in the journal.
        case failed(ActuationError)
    }

    /// The journal's entry.
    package let entry: JournalEntry
    /// The value before the restore; nil if there was none to read.
    package let found: String?
    /// The outcome.
    package let outcome: Outcome

    /// Whether the entry stays in the journal, because others changed the value, are about
    /// to, or the write failed.
    package var isLeft: Bool {
        switch outcome {
        case .foreign, .beingWritten, .failed: true
        default: false
        }
    }

    /// The value that is there now, if it is the original or a best-effort one.
    var written: String? {
        switch outcome {
        case .restored, .already: entry.original
        case .residue(let text): text
        default: nil
        }
    }

    var hasWritten: Bool {
        switch outcome {
        case .restored, .residue: true
        default: false
        }
    }
}
