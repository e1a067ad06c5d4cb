internal import CgroupModel

/// A check of what an entry may change, because a forged one must not write anything else.
extension JournalEntry {
    /// Whether it refers to a value that cgwarden changes, a cgroup or a process, with plain paths.
    var isPlausible: Bool {
        guard path.isPlain else { return false }
        return switch subject {
        case .cgroup:
            cell == Self.made(path) && MembershipText(wanted)?.path.isPlain != false
        case .process(let pid, _): pid > 0 && MembershipText(original)?.path.isPlain == true
        case .value:
            isFreeze || isOOMControl || isPassingOn || !LimitCatalog.rows(ofFile: cell.file).isEmpty
        }
    }
}

extension CgroupPath {
    /// Whether the path has no `.`, `..` or zero byte that could lead elsewhere.
    fileprivate var isPlain: Bool { !bytes.contains(0) && !hasDots }
}
