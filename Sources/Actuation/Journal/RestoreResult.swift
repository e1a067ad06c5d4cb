/// What becomes of one value when everything is put back.
public struct RestoreResult: Sendable {
    /// How it ended.
    public enum Outcome: Sendable {
        /// The original was written, or would be in a dry run.
        case restored
        /// It was the original already.
        case already
        /// The cgroup or its file is gone.
        case gone
        /// It is what a person's command set since, whose change is not to be put back.
        case kept
        /// Someone else changed it since; it was left alone.
        case foreign
        /// It cannot be the original any more and is as near as can be: an empty cpuset cannot be had
        /// while tasks are in it, so this, the parent's, was written; a controller stays passed on
        /// where this cgroup uses it.
        case residue(String)
        /// It could not be written, and stays in the journal.
        case failed(ActuationError)
    }

    /// The journal's entry.
    public let entry: JournalEntry
    /// What was there before.
    public let found: String?
    /// How it ended.
    public let outcome: Outcome

    /// Whether the value is still not the original.
    public var isLeft: Bool {
        switch outcome {
        case .foreign, .failed: true
        default: false
        }
    }

    var hasWritten: Bool {
        switch outcome {
        case .restored, .residue: true
        default: false
        }
    }
}
