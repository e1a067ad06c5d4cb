/// A change of a value below a later one of the same owner.
struct EarlierChange: Hashable, Sendable {
    /// The value to which the later change returns: the one that it found, or this change's if
    /// that was another owner's.
    let found: String
    let sequence: UInt64
    let change: UInt64
    let wanted: String
    let readBack: String?
    let cause: String
    let wallTime: UInt64
    let writer: ProcessIdentity?

    /// The most changes that are kept of one value; the original is kept as well.
    static let most = 16

    /// Keeps the change of an entry, now that a later one has found this value.
    init(_ entry: JournalEntry, found: String) {
        self.found = found
        sequence = entry.sequence
        change = entry.change
        wanted = entry.wanted
        readBack = entry.readBack
        cause = entry.cause
        wallTime = entry.wallTime
        writer = entry.writer
    }

    /// A change of which only the value is known, below that of an entry.
    init(valueOnly text: String, below entry: JournalEntry) {
        var step = entry
        step.wanted = text
        step.readBack = text
        step.change = 0
        self.init(step, found: text)
    }
}

extension JournalEntry {
    /// Takes the next change of the same owner, which returns to `found`; `isOthers` if another
    /// program has set that value.
    ///
    /// A change that expires gives way to the next one, with its deadline, unless another program
    /// has set the value in between: then that value returns, and counts as the other program's.
    /// A freeze always returns to the original, which is not frozen.
    mutating func proceed(to next: JournalEntry, found: String, isOthers: Bool) {
        if isPersons, !isFreeze, change != next.change || change == 0, expiry == nil || isOthers {
            keep(found)
        }
        take(next)
    }

    /// Takes the author and the expiry of the next change, which left the value as it was.
    mutating func renew(by next: JournalEntry) { take(next) }

    /// Takes the next change, above the one that it has.
    mutating func rise(to next: JournalEntry) {
        keep(next.original)
        take(next)
    }

    private mutating func keep(_ found: String) {
        earlier.append(EarlierChange(self, found: found))
        if earlier.count > EarlierChange.most { earlier.removeFirst() }
    }

    private mutating func take(_ next: JournalEntry) {
        sequence = next.sequence
        path = next.path
        wanted = next.wanted
        readBack = nil
        cause = next.cause
        wallTime = next.wallTime
        writer = next.writer
        change = next.change
        expiry = next.expiry
    }

    /// Becomes what it was before the changes above an earlier one.
    mutating func revert(to below: EarlierChange) {
        sequence = below.sequence
        wanted = below.wanted
        readBack = below.readBack
        cause = below.cause
        wallTime = below.wallTime
        writer = below.writer
        change = below.change
        expiry = nil
    }

    /// Takes over the original of a change below, which has ended.
    mutating func inherit(_ text: String, isOthers: Bool) {
        if foundOthers { return }
        original = text
        foundOthers = isOthers
    }

    /// The entry whose original is the value before its last change; nil if that is the original
    /// of the entry itself.
    var ofLastChange: JournalEntry? {
        guard let below = earlier.last else { return nil }
        var result = self
        result.original = below.found
        return result
    }

    /// Whether a value is what an undo of the last change has written before it died.
    func isUndoOfLastChange(_ text: String) -> Bool {
        guard let below = earlier.last, isSame(text, below.found) else { return false }
        // Otherwise it is another program's.
        return isSame(below.found, below.readBack ?? below.wanted)
    }
}
