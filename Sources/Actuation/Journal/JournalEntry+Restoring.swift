internal import CgroupModel

/// What an entry means for putting its value back.
extension JournalEntry {
    /// Whether a person's command made the change.
    var isPersons: Bool { owner.isEmpty }

    /// Whether a value is what the last write left or, while that is not known, asked for.
    func isWritten(_ text: String) -> Bool { ControlCell.isSame(text, readBack ?? wanted) }

    /// Whether a value is what cgwarden wrote; after a crash in between it may be anything.
    func isOurs(_ text: String) -> Bool {
        guard let readBack else { return true }
        return ControlCell.isSame(text, readBack) || ControlCell.isSame(text, wanted)
    }

    /// Thawing first, then widening, then moving processes back, then narrowing; last, below the
    /// values of the same cgroup, a cgroup that was made goes.
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
            cell.file == "memory.oom_control"
            ? .widens
            : WriteDirection(
                from: LimitCatalog.coding(ofFile: cell.file)?.value(now),
                to: LimitCatalog.coding(ofFile: cell.file)?.value(original))
        return WriteOrder(
            direction: direction, depth: path.depth,
            nesting: LimitCatalog.nesting(ofFile: cell.file))
    }

    /// Whether it is the request to stand still.
    public var isFreeze: Bool { cell.file == "freezer.state" || cell.file == "cgroup.freeze" }

    /// Whether a cgroup was to be made, and never was.
    var isUnmade: Bool { subject == .cgroup && readBack == nil }

    var isWeight: Bool { cell.file == "cpu.weight" || cell.file == "cpu.shares" }

    /// Whether a controller was passed on to the cgroups below.
    var isPassingOn: Bool { cell.file == "cgroup.subtree_control" }
}

extension LimitCatalog {
    /// How the kernel writes a file's value, nil for a file that no row has.
    static func coding(ofFile name: String) -> LimitFile.Coding? {
        if name == "cpu.cfs_quota_us" { return .number(unlimited: "-1") }
        let files = all.flatMap { $0.v1 + $0.v2 }
        return files.first { $0.name == name }?.coding
    }
}
