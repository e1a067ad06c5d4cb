internal import CgroupModel

/// The interpretation of an entry for a restore.
extension JournalEntry {
    /// Whether a person's command made the change.
    var isPersons: Bool { owner.isEmpty }

    /// Whether two texts of the value are equivalent.
    func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        // v1 reports this while a member is not frozen yet, for example one that was just forked.
        if isFreeze { return Set([left, right]) == ["FREEZING", "FROZEN"] }
        return LimitCatalog.coding(ofFile: cell.file)?.isSame(left, right) ?? false
    }

    /// Whether a value equals the one read back after the last write, or the requested one if that
    /// is unknown.
    func isWritten(_ text: String) -> Bool { isSame(text, readBack ?? wanted) }

    /// Whether a value is what cgwarden wrote; any value counts if cgwarden died before the
    /// read-back.
    func isOurs(_ text: String) -> Bool {
        guard let readBack else { return true }
        return isSame(text, readBack) || isSame(text, wanted) || isUndoOfLastChange(text)
    }

    /// Whether a change continues the entry, which keeps its original.
    ///
    /// The value that another program has set instead of the original is the new original.
    func isContinued(by next: JournalEntry) -> Bool {
        !isSettled || !isSpent && isOurs(next.original)
    }

    /// The position in a restore: thaw, widen, move processes back, then narrow.
    ///
    /// Within a cgroup, its removal and disabling controllers come after its values.
    func restoreOrder(from now: String) -> WriteOrder {
        switch subject {
        case .process: return WriteOrder(direction: .neither, depth: 0, nesting: 0)
        case .cgroup: return WriteOrder(direction: .narrows, depth: path.depth, nesting: -1)
        case .value: break
        }
        if isPassingOn {
            return WriteOrder(direction: .narrows, depth: path.depth, nesting: -1)
        }
        if isFreeze {
            return WriteOrder(direction: .widens, depth: -1, nesting: 0)
        }
        let coding = LimitCatalog.coding(ofFile: cell.file)
        let direction: WriteDirection =
            isOOMControl
            ? .widens
            : WriteDirection(
                from: coding?.comparable(now), to: coding?.comparable(original))
        return WriteOrder(
            direction: direction, depth: path.depth,
            nesting: LimitCatalog.nesting(ofFile: cell.file))
    }

    /// Whether it is a freeze request.
    package var isFreeze: Bool { cell.file == "freezer.state" || cell.file == "cgroup.freeze" }

    /// Whether it controls the OOM kills of a v1 memory limit.
    package var isOOMControl: Bool { cell.file == "memory.oom_control" }

    /// Whether a cgroup was to be created but never was.
    var isUnmade: Bool { subject == .cgroup && readBack == nil }

    var isWeight: Bool { cell.file == "cpu.weight" || cell.file == "cpu.shares" }

    /// Whether it enables a controller for the children.
    var isPassingOn: Bool { cell.file == ControlCell.passedOn }
}
