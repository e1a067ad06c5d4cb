internal import CgroupModel

/// The end of a change that was refused or rolled back.
extension JournalEntry {
    /// The record that returns the entry to what it was before this change.
    ///
    /// It has that state itself, because the journal may have been rewritten since. Of the changes
    /// below, it only drops the one that this change has added.
    func withdrawn(for replaced: JournalEntry) -> RecordLine {
        let below = earlier == replaced.earlier ? earlier.count : max(earlier.count - 1, 0)
        var more: [(key: String, value: String)] = []
        if let readBack = replaced.readBack { more.append((key: "value", value: readBack)) }
        if replaced.change > 0 { more.append((key: "change", value: "\(replaced.change)")) }
        more += replaced.expiry?.fields ?? []
        if let obstacle = replaced.expiry?.obstacle {
            more.append((key: "reason", value: obstacle))
        }
        return RecordLine(
            "withdrawn",
            [
                "seq": "\(sequence)", "was": "\(replaced.sequence)", "below": "\(below)",
                "time": "\(replaced.wallTime)", "wanted": replaced.wanted,
                "cause": replaced.cause,
                "pid": replaced.writer.map { "\($0.pid)" } ?? "",
                "start": replaced.writer.map { "\($0.startTicks)" } ?? "",
            ], more: more, path: replaced.path.bytes)
    }

    /// Returns the entry before this change, as the record of its withdrawal says; nil if cgwarden
    /// never writes that record.
    ///
    /// The original stays, because the change of an owner below may have ended since.
    func before(withdrawal line: RecordLine) -> JournalEntry? {
        guard let was = line.number("was"), was > 0, let wanted = line["wanted"],
            let path = line.bytes("path"),
            let below = line.number("below").flatMap({ Int(exactly: $0) }), below <= earlier.count
        else { return nil }
        var entry = self
        entry.sequence = was
        entry.path = CgroupPath(normalising: path)
        entry.earlier = Array(earlier.prefix(below))
        entry.wanted = wanted
        entry.readBack = line["value"]
        entry.cause = line["cause"] ?? ""
        entry.wallTime = line.number("time") ?? 0
        entry.writer = ProcessIdentity(line)
        entry.change = line.number("change") ?? 0
        entry.expiry = EntryExpiry(line)
        entry.expiry?.obstacle = line["reason"]
        return entry.isPlausible ? entry : nil
    }
}
