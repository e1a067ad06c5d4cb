internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The records that are written for an entry.
extension JournalEntry {
    /// The record of a change before its write.
    ///
    /// `isAbove` is whether it is a change above the one in the records before; `renews` is whether
    /// the value stays, and only its author and its expiry are new.
    func intent(bootID: String, isAbove: Bool = false, renews: Bool = false) -> RecordLine {
        var more: [(key: String, value: String)] = []
        if let newestBelow { more.append((key: "newest", value: "\(newestBelow)")) }
        if change > 0 { more.append((key: "change", value: "\(change)")) }
        more += expiry?.fields ?? []
        if foundOthers { more.append((key: "others", value: "1")) }
        if isAbove { more.append((key: "above", value: "1")) }
        if renews { more.append((key: "renews", value: "1")) }
        return RecordLine(
            "intent",
            [
                "seq": "\(sequence)", "boot": bootID, "time": "\(wallTime)", "hier": hierarchy,
                "inode": "\(inode)", "file": cell.file, "line": cell.line ?? "",
                "field": cell.field ?? "", "missing": cell.missing, "owner": owner,
                "original": original, "wanted": wanted, "cause": cause,
                "pid": writer.map { "\($0.pid)" } ?? "",
                "start": writer.map { "\($0.startTicks)" } ?? "",
            ],
            more: more, path: path.bytes)
    }

    /// The records from which the entry is read again, with those of the changes below.
    func records(bootID: String) -> [RecordLine] {
        var lines: [RecordLine] = []
        for place in 0...earlier.count {
            var step = self
            if place < earlier.count { step.revert(to: earlier[place]) }
            if place > 0 { step.original = earlier[place - 1].found }
            lines.append(step.intent(bootID: bootID, isAbove: place > 0))
            if let readBack = step.readBack { lines.append(step.end(readBack)) }
        }
        return lines + (expiry?.obstacle.map { [left($0)] } ?? [])
    }

    /// The record after the last change was undone, with the number of changes that remain below.
    var undone: RecordLine {
        RecordLine("undone", ["seq": "\(sequence)", "below": "\(max(earlier.count - 1, 0))"])
    }

    func end(_ readBack: String) -> RecordLine {
        RecordLine("done", ["seq": "\(sequence)", "value": readBack])
    }

    func left(_ reason: String) -> RecordLine {
        RecordLine("left", ["seq": "\(sequence)", "reason": reason])
    }

    func closed(_ reason: String) -> RecordLine {
        RecordLine("closed", ["seq": "\(sequence)", "reason": reason])
    }

    /// The record that its time has passed below a change of another owner.
    var passed: RecordLine { RecordLine("passed", ["seq": "\(sequence)"]) }

    /// The record that gives it the expiry of the change that a refused one has replaced.
    func expiring(_ expiry: EntryExpiry) -> RecordLine {
        RecordLine(
            "expires", ["seq": "\(sequence)"],
            more: [("change", "\(expiry.change)")] + expiry.fields)
    }

    var kept: RecordLine { RecordLine("kept", ["seq": "\(sequence)"]) }

    /// Whether the entry's object no longer exists in a hierarchy, not even under another path.
    func isGone(from hierarchy: MountedHierarchy, _ renamed: RenamedPlaces) -> Bool {
        guard hierarchy.label == self.hierarchy else { return false }
        if case .process(let pid, let ticks) = subject {
            return ProcessReader(.live).stat(pid)?.startTicks != ticks
        }
        // A cgroup that is being created does not exist yet.
        if subject == .cgroup, readBack == nil { return false }
        do throws(IOError) {
            if let found = try CgroupDirectory.existing(path, in: hierarchy), concerns(found) {
                return false
            }
            if subject != .value { return true }
            return try renamed.directory(inode, in: hierarchy) == nil
        } catch {
            return false
        }
    }
}
