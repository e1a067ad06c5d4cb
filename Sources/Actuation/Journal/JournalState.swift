/// All that a journal says.
public struct JournalState: Sendable {
    /// The values that are not what they were, oldest first.
    public var entries: [JournalEntry] { open.filter { !$0.isSettled } }
    /// The numbers of the lines that are damaged; a torn last line, which nothing followed, is none.
    public private(set) var damagedLines: [Int] = []
    /// Whether it is from before the machine started; cgroups and limits are gone since.
    public private(set) var isFromEarlierBoot = false
    /// Where the last whole line ends.
    private(set) var wholeBytes = 0
    private(set) var lastSequence: UInt64 = 0
    private var lines = 0
    /// Settled ones too, in the order of their first records; nil for what was closed.
    private var slots: [JournalEntry?] = []
    private var slotOf: [UInt64: Int] = [:]
    private var slotsAt: [JournalEntry.Place: [Int]] = [:]

    private var open: [JournalEntry] { slots.compactMap(\.self) }

    /// What no journal says.
    init() {}

    /// Reads a journal; nothing in it is believed that its checksum does not confirm.
    init(parsing bytes: [UInt8], bootID: String) { read(bytes, bootID: bootID) }

    /// Reads on: the bytes begin with those that were read before.
    mutating func read(_ bytes: [UInt8], bootID: String) {
        while let end = bytes[wholeBytes...].firstIndex(of: 0x0a) {
            lines += 1
            if let line = RecordLine(bytes[wholeBytes..<end]) {
                take(line, bootID: bootID)
            } else {
                damagedLines.append(lines)
            }
            wholeBytes = end + 1
        }
    }

    /// The shortest journal that says the same, without what `isObsolete` picks; the number of the
    /// last record stays, for whoever has it in hand may still add to it.
    func records(bootID: String, without isObsolete: (JournalEntry) -> Bool) -> [UInt8] {
        var bytes = RecordLine("last", ["seq": "\(lastSequence)"]).bytes
        for entry in entries where !isObsolete(entry) {
            bytes += entry.intent(bootID: bootID).bytes
            if let readBack = entry.readBack { bytes += entry.end(readBack).bytes }
        }
        return bytes
    }

    private mutating func take(_ line: RecordLine, bootID: String) {
        guard let sequence = line.number("seq") else { return }
        lastSequence = max(lastSequence, sequence)
        switch line.verb {
        case "intent":
            guard let entry = JournalEntry(line, sequence) else { return }
            if line["boot"] != bootID { isFromEarlierBoot = true }
            begin(entry)
        case "done": if let slot = slotOf[sequence] { slots[slot]?.readBack = line["value"] }
        case "closed": if let slot = slotOf[sequence] { close(slot) }
        default: break
        }
    }

    /// The owner's first original stays for as long as the value is not that again.
    private mutating func begin(_ entry: JournalEntry) {
        let place = entry.place
        if let slot = slotsAt[place]?.first(where: { slots[$0]?.owner == entry.owner }),
            let known = slots[slot]
        {
            if !known.isSettled {
                let slot = settle(slot, onto: entry.original)
                guard var known = slots[slot] else { return }
                slotOf[known.sequence] = nil
                known.sequence = entry.sequence
                known.path = entry.path
                known.wanted = entry.wanted
                known.readBack = nil
                known.cause = entry.cause
                known.wallTime = entry.wallTime
                slots[slot] = known
                slotOf[entry.sequence] = slot
                return
            }
            remove(slot, known)
        }
        slotOf[entry.sequence] = slots.count
        slotsAt[place, default: []].append(slots.count)
        slots.append(entry)
    }

    /// Makes what a person set on top of the daemon's value the one that the daemon puts back.
    ///
    /// The person's entry moves below the daemon's and gets its original. Returns the slot that the
    /// daemon's entry then has.
    private mutating func settle(_ slot: Int, onto found: String) -> Int {
        guard var known = slots[slot], !known.isPersons, !known.isWritten(found),
            let below = slotsAt[known.place]?.first(where: {
                slots[$0].map { $0.isPersons && $0.isWritten(found) } ?? false
            }), var persons = slots[below]
        else { return slot }
        let (lower, upper) = (min(slot, below), max(slot, below))
        if slot < below { persons.original = known.original }
        known.original = found
        slots[lower] = persons
        slots[upper] = known
        slotOf[persons.sequence] = lower
        slotOf[known.sequence] = upper
        return upper
    }

    /// What an owner found who came later was this one's value, which is no original any more.
    private mutating func close(_ slot: Int) {
        guard let entry = slots[slot] else { return }
        let later = slotsAt[entry.place]?.first { $0 > slot }
        remove(slot, entry)
        if let later { slots[later]?.original = entry.original }
    }

    private mutating func remove(_ slot: Int, _ entry: JournalEntry) {
        slots[slot] = nil
        slotOf[entry.sequence] = nil
        slotsAt[entry.place]?.removeAll { $0 == slot }
        if slotsAt[entry.place]?.isEmpty == true { slotsAt[entry.place] = nil }
    }
}
