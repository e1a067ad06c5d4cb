/// The content of a journal.
package struct JournalState: Sendable {
    /// The values that differ from their originals, oldest first.
    package var entries: [JournalEntry] { slots.compactMap(\.self).filter { !$0.isSettled } }
    /// The number of these values.
    package private(set) var openCount = 0
    /// The numbers of damaged lines, not counting a torn last line.
    package private(set) var damagedLines: [Int] = []
    /// Whether it is from before this boot; its cgroups and limits no longer exist.
    package private(set) var isFromEarlierBoot = false
    /// The end of the last complete line, in bytes.
    private(set) var wholeBytes = 0
    /// The end of the file at the last check for obsolete records.
    private(set) var checkedBytes = 0
    private(set) var lastSequence: UInt64 = 0
    private var lines = 0
    /// The values in the order of their first records, settled ones included; nil for closed ones.
    private var slots: [JournalEntry?] = []
    private var slotOf: [UInt64: Int] = [:]
    private var slotsAt: [JournalEntry.Place: [Int]] = [:]
    private var slotsIn: [UInt64: [Int]] = [:]

    /// Creates an empty journal.
    init() {}

    /// Parses a journal; a record counts only if its checksum is right.
    init(parsing bytes: [UInt8], bootID: String) { read(bytes, bootID: bootID) }

    /// Parses bytes that follow the last complete line.
    mutating func read(_ bytes: [UInt8], bootID: String) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines += 1
            let line = RecordLine(bytes[start..<end])
            wholeBytes += end + 1 - start
            if line.map({ take($0, bootID: bootID) }) != true { damagedLines.append(lines) }
            start = end + 1
        }
    }

    /// Returns all entries of cgroups with this inode that are not closed, settled ones included.
    func known(inode: UInt64) -> [JournalEntry] { (slotsIn[inode] ?? []).compactMap { slots[$0] } }

    /// Returns the unsettled entries of cgroups with these inodes, oldest first.
    package func entries(inodes: Set<UInt64>) -> [JournalEntry] {
        inodes.flatMap { slotsIn[$0] ?? [] }.sorted().compactMap { slots[$0] }
            .filter { !$0.isSettled }
    }

    /// Returns the shortest equivalent journal, without the entries that `isObsolete` selects.
    ///
    /// It keeps the last sequence number, because the owner of that record may still complete it.
    func records(bootID: String, without isObsolete: (JournalEntry) -> Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries where !isObsolete(entry) {
            bytes += entry.intent(bootID: bootID).bytes
            if let readBack = entry.readBack { bytes += entry.end(readBack).bytes }
            if let reason = entry.expiry?.obstacle { bytes += entry.left(reason).bytes }
        }
        return bytes + checkMark.bytes
    }

    /// The record that marks the file as checked up to here.
    var checkMark: RecordLine { RecordLine("last", ["seq": "\(lastSequence)"]) }

    /// Applies a record; false if cgwarden never writes it.
    private mutating func take(_ line: RecordLine, bootID: String) -> Bool {
        guard let sequence = line.number("seq") else { return false }
        lastSequence = max(lastSequence, sequence)
        switch line.verb {
        case "intent":
            guard let entry = JournalEntry(line, sequence) else { return false }
            if line["boot"] != bootID { isFromEarlierBoot = true }
            begin(entry)
        case "done":
            if let slot = slotOf[sequence] { change(slot) { $0.readBack = line["value"] } }
        case "kept": if let slot = slotOf[sequence] { change(slot) { $0.expiry = nil } }
        case "left":
            if let slot = slotOf[sequence] {
                change(slot) { $0.expiry?.obstacle = line["reason"] ?? "" }
            }
        case "passed": if let slot = slotOf[sequence] { pass(slot) }
        case "closed": if let slot = slotOf[sequence] { close(slot) }
        case "last": checkedBytes = wholeBytes
        default: break
        }
        return true
    }

    private mutating func change(_ slot: Int, _ body: (inout JournalEntry) -> Void) {
        guard var entry = slots[slot] else { return }
        if !entry.isSettled { openCount -= 1 }
        body(&entry)
        if !entry.isSettled { openCount += 1 }
        slots[slot] = entry
    }

    /// Starts or continues an entry; while it is unsettled, it keeps the owner's first original.
    private mutating func begin(_ entry: JournalEntry) {
        if let slot = slotsAt[entry.place]?.first(where: { slots[$0]?.owner == entry.owner }),
            let known = slots[slot]
        {
            if !known.isSettled {
                let slot = settle(slot, onto: entry.original)
                guard let known = slots[slot] else { return }
                slotOf[known.sequence] = nil
                change(slot) { known in
                    known.sequence = entry.sequence
                    known.path = entry.path
                    known.wanted = entry.wanted
                    known.readBack = nil
                    known.cause = entry.cause
                    known.wallTime = entry.wallTime
                    known.writer = entry.writer
                    // A change that does not expire is what an expiring one returns to.
                    let below: String? = known.expiry.map(\.restores) ?? entry.original
                    known.expiry = entry.expiry
                    known.expiry?.restores = below
                }
                slotOf[entry.sequence] = slot
                return
            }
            remove(slot, known)
        }
        slotOf[entry.sequence] = slots.count
        slotsAt[entry.place, default: []].append(slots.count)
        slotsIn[entry.inode, default: []].append(slots.count)
        slots.append(entry)
        if !entry.isSettled { openCount += 1 }
    }

    /// Makes the daemon restore the value that a person set on top of the daemon's.
    ///
    /// The person's entry moves below the daemon's and gets its original. Returns the new slot of
    /// the daemon's entry.
    private mutating func settle(_ slot: Int, onto found: String) -> Int {
        guard let known = slots[slot], !known.isPersons, !known.isWritten(found),
            let below = slotsAt[known.place]?.first(where: {
                slots[$0].map { $0.isPersons && $0.isWritten(found) } ?? false
            }), let persons = slots[below]
        else { return slot }
        let (lower, upper) = (min(slot, below), max(slot, below))
        change(lower) { $0 = persons }
        change(upper) { $0 = known }
        if slot < below { change(lower) { $0.original = known.original } }
        change(upper) { $0.original = found }
        slotOf[persons.sequence] = lower
        slotOf[known.sequence] = upper
        return upper
    }

    /// Closes an entry.
    ///
    /// The next owner recorded this entry's value as its original, so it gets this entry's original
    /// instead.
    private mutating func close(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        let later = slotsAt[entry.place]?.first { $0 > slot }
        remove(slot, entry)
        if let later { change(later) { $0.original = entry.original } }
    }

    /// Ends a change whose time has passed below a change of another owner, which returns to what
    /// this one would have returned to.
    private mutating func pass(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        guard let below = entry.expiry?.restores else { return close(slot) }
        change(slot) { entry in
            entry.wanted = below
            entry.readBack = below
            entry.expiry = nil
        }
        if let later = slotsAt[entry.place]?.first(where: { $0 > slot }) {
            change(later) { $0.original = below }
        }
    }

    private mutating func remove(_ slot: Int, _ entry: JournalEntry) {
        if !entry.isSettled { openCount -= 1 }
        slots[slot] = nil
        slotOf[entry.sequence] = nil
        Self.take(slot, from: &slotsAt[entry.place])
        Self.take(slot, from: &slotsIn[entry.inode])
    }

    private static func take(_ slot: Int, from slots: inout [Int]?) {
        guard let place = slots?.firstIndex(of: slot) else { return }
        slots?.remove(at: place)
        if slots?.isEmpty == true { slots = nil }
    }
}
