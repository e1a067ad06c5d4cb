/// A change that was recorded before its write, until its result is recorded.
struct RecordedChange: Sendable {
    /// The entry as it was recorded.
    let entry: JournalEntry
    /// The entry before the change; nil if there was none.
    let replaced: JournalEntry?
}

/// The end of changes that are in progress.
///
/// A change that another process has closed or replaced since is not touched.
extension UndoJournal {
    /// Records the values after several writes; false, without a record, if another process has
    /// closed or replaced one of the changes since.
    func finish(
        _ results: [(change: RecordedChange, readBack: String)]
    ) throws(JournalError) -> Bool {
        let isFinished = try file.change { file, _ throws(JournalError) in
            for result in results where file.state.entry(of: result.change) == nil { return false }
            try file.append(
                results.map { $0.change.entry.end($0.readBack) }, durably: false)
            return true
        }
        return isFinished ?? false
    }

    /// Whether no other process has closed or replaced a change since it was recorded.
    func isOpen(_ change: RecordedChange) throws(JournalError) -> Bool {
        try file.look { $0.entry(of: change) != nil }
    }

    /// Records that a change was refused or rolled back.
    ///
    /// `readBack` is the present value, nil if it is unknown. If that is the value which the change
    /// found, the entry becomes what it was before. Otherwise the change stays, with the deadline
    /// of the one before.
    func withdraw(
        _ change: RecordedChange, found: String, readBack: String?
    ) throws(JournalError) {
        _ = try file.change { file, _ throws(JournalError) in
            guard let now = file.state.entry(of: change) else { return }
            var lines: [RecordLine] = []
            if let readBack { lines.append(now.end(readBack)) }
            if let replaced = change.replaced {
                if let readBack, now.isSame(readBack, found) {
                    lines.append(now.withdrawn(for: replaced))
                } else if let expiry = replaced.expiry, !expiry.isLeft, !now.isFreeze {
                    // Each freeze has a helper that thaws it anyway.
                    lines.append(now.expiring(expiry))
                }
            }
            if !lines.isEmpty { try file.append(lines, durably: lines.count > 1) }
        }
    }

    /// Records that nothing of a change is in force, because another program has set the value
    /// since.
    func abandon(_ change: RecordedChange) throws(JournalError) {
        _ = try file.change { file, _ throws(JournalError) in
            guard let now = file.state.entry(of: change) else { return }
            let line = change.replaced.map { now.withdrawn(for: $0) } ?? now.closed("overwritten")
            try file.append([line], durably: true)
        }
    }
}
