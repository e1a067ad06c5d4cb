internal import CgroupModel

/// The interpretation of an entry for a restore.
extension JournalEntry {
    /// Whether a person's command made the change.
    var isPersons: Bool { owner.isEmpty }

    /// Whether a value equals the one read back after the last write, or the requested one if that
    /// is unknown.
    func isWritten(_ text: String) -> Bool { ControlCell.isSame(text, readBack ?? wanted) }

    /// Whether a value is what cgwarden wrote; any value counts if cgwarden died before the
    /// read-back.
    func isOurs(_ text: String) -> Bool {
        guard let readBack else { return true }
        return ControlCell.isSame(text, readBack) || ControlCell.isSame(text, wanted)
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
        let direction: WriteDirection =
            isOOMControl
            ? .widens
            : WriteDirection(
                from: LimitCatalog.coding(ofFile: cell.file)?.decode(now),
                to: LimitCatalog.coding(ofFile: cell.file)?.decode(original))
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

extension LimitCatalog {
    /// The encoding of a file's value in the kernel; nil for a file without a limit.
    static func coding(ofFile name: String) -> LimitFile.Coding? {
        if name == "cpu.cfs_quota_us" { return .number(unlimited: "-1") }
        let files = all.flatMap { $0.v1 + $0.v2 }
        return files.first { $0.name == name }?.coding
    }
}
