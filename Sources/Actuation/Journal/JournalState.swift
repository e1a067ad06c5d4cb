/// The content of a journal.
package struct JournalState: Sendable {
    /// The values that differ from their originals, oldest first.
    package var entries: [JournalEntry] { slots.compactMap(\.self).filter { !$0.isSettled } }
    /// The number of entries of which something can be undone.
    private(set) var neededCount = 0
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
    private(set) var slots: [JournalEntry?] = []
    private(set) var slotOf: [UInt64: Int] = [:]
    private(set) var slotsAt: [JournalEntry.Place: [Int]] = [:]
    private(set) var slotsIn: [UInt64: [Int]] = [:]

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

    /// Returns the shortest equivalent journal, without the entries that `isObsolete` selects.
    ///
    /// It keeps the last sequence number, because the owner of that record may still complete it.
    func records(bootID: String, without isObsolete: (JournalEntry) -> Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for case let entry? in slots where !entry.isSpent && !isObsolete(entry) {
            for line in entry.records(bootID: bootID) { bytes += line.bytes }
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
            if line["above"] == "1" {
                rise(entry)
            } else {
                begin(entry, renews: line["renews"] == "1")
            }
        case "done":
            if let slot = slotOf[sequence] { change(slot) { $0.readBack = line["value"] } }
        case "undone":
            if let slot = slotOf[sequence] {
                fall(slot, to: Int(clamping: line.number("below") ?? 0))
            }
        case "expires":
            if let slot = slotOf[sequence], let expiry = EntryExpiry(line) {
                change(slot) { entry in
                    entry.expiry = expiry
                    entry.change = expiry.change
                }
            }
        case "kept": if let slot = slotOf[sequence] { change(slot) { $0.expiry = nil } }
        case "left":
            if let slot = slotOf[sequence] {
                change(slot) { $0.expiry?.obstacle = line["reason"] ?? "" }
            }
        case "withdrawn": if let slot = slotOf[sequence] { withdraw(slot, line) }
        case "passed": if let slot = slotOf[sequence] { pass(slot) }
        case "closed": if let slot = slotOf[sequence] { close(slot) }
        case "last": checkedBytes = wholeBytes
        default: break
        }
        return true
    }

    private mutating func change(_ slot: Int, _ body: (inout JournalEntry) -> Void) {
        guard var entry = slots[slot] else { return }
        if !entry.isSpent { neededCount -= 1 }
        body(&entry)
        if !entry.isSpent { neededCount += 1 }
        slots[slot] = entry
    }

    /// Puts a change above the one of its owner, as a file that was rewritten says.
    private mutating func rise(_ entry: JournalEntry) {
        guard let slot = slotsAt[entry.place]?.first(where: { slots[$0]?.owner == entry.owner }),
            let known = slots[slot]
        else { return begin(entry, renews: false) }
        slotOf[known.sequence] = nil
        change(slot) { $0.rise(to: entry) }
        slotOf[entry.sequence] = slot
    }

    /// Starts or continues an entry; while it is needed, it keeps the owner's first original.
    ///
    /// With `renews`, a value in force stays the same change, with another expiry.
    private mutating func begin(_ entry: JournalEntry, renews: Bool) {
        if let slot = slotsAt[entry.place]?.first(where: { slots[$0]?.owner == entry.owner }),
            let known = slots[slot]
        {
            if known.isContinued(by: entry) {
                let slot = settle(slot, onto: entry.original)
                guard let known = slots[slot] else { return }
                let isOwners = isAnotherOwners(entry.original, slot)
                let isOthers = !known.isOurs(entry.original) && !isOwners
                // Another owner's value is not this owner's to return to: it would outlast it.
                let found = isOwners ? known.readBack ?? known.wanted : entry.original
                slotOf[known.sequence] = nil
                if renews, known.isWritten(entry.original) {
                    change(slot) { $0.renew(by: entry) }
                } else {
                    change(slot) { $0.proceed(to: entry, found: found, isOthers: isOthers) }
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
        if !entry.isSpent { neededCount += 1 }
    }

    /// Whether another owner's change wrote a value at the place of a slot.
    private func isAnotherOwners(_ text: String, _ slot: Int) -> Bool {
        guard let entry = slots[slot] else { return false }
        return (slotsAt[entry.place] ?? []).contains {
            slots[$0].map { $0.owner != entry.owner && $0.isWritten(text) } ?? false
        }
    }

    /// Returns an entry to one of the changes below its last one.
    ///
    /// The next owner returns to what this one would have returned to.
    private mutating func fall(_ slot: Int, to place: Int) {
        guard let entry = slots[slot], entry.earlier.indices.contains(place) else { return }
        slotOf[entry.sequence] = nil
        change(slot) { known in
            known.revert(to: entry.earlier[place])
            known.earlier = Array(entry.earlier[..<place])
        }
        let below = entry.earlier[place]
        slotOf[below.sequence] = slot
        if let later = slotsAt[entry.place]?.first(where: { $0 > slot }) {
            let isOthers = !entry.isSame(below.found, below.readBack ?? below.wanted)
            change(later) { $0.inherit(below.found, isOthers: isOthers) }
        }
    }

    /// Returns an entry to what it was before a change that was refused or rolled back.
    ///
    /// The owners above keep their originals: the value below theirs did not change.
    private mutating func withdraw(_ slot: Int, _ line: RecordLine) {
        guard let entry = slots[slot], var before = entry.before(withdrawal: line) else { return }
        // If the file was removed in between, another entry may have that number.
        if before.sequence >= entry.sequence || isUsed(before.sequence, besides: slot) {
            before.sequence = entry.sequence
        }
        slotOf[entry.sequence] = nil
        slotOf[before.sequence] = slot
        let result = before
        change(slot) { $0 = result }
    }

    private func isUsed(_ sequence: UInt64, besides slot: Int) -> Bool {
        slotOf[sequence] != nil
            || slots.indices.contains { other in
                other != slot
                    && slots[other]?.earlier.contains { $0.sequence == sequence } == true
            }
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
        if slot < below {
            change(lower) { $0.inherit(known.original, isOthers: known.foundOthers) }
        }
        change(upper) { entry in
            entry.original = found
            entry.foundOthers = false
        }
        slotOf[persons.sequence] = lower
        slotOf[known.sequence] = upper
        return upper
    }

    /// Closes an entry.
    ///
    /// If the next owner recorded this entry's value as its original, it gets this entry's original
    /// instead.
    private mutating func close(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        let later = slotsAt[entry.place]?.first { $0 > slot }
        remove(slot, entry)
        if let later {
            change(later) { $0.inherit(entry.original, isOthers: entry.foundOthers) }
        }
    }

    /// Ends a change whose time has passed below a change of another owner, which returns to what
    /// this one would have returned to.
    private mutating func pass(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        if entry.earlier.isEmpty { return close(slot) }
        fall(slot, to: entry.earlier.count - 1)
    }

    private mutating func remove(_ slot: Int, _ entry: JournalEntry) {
        if !entry.isSpent { neededCount -= 1 }
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
