/// What a daemon tells its guardian, a line each.
enum GuardianLine: Hashable, Sendable {
    /// Whether everything is put back when the daemon dies, or only what stops processes.
    case restores(Bool)
    /// The cgroup of this inode has to go on by then (nanoseconds of CLOCK_BOOTTIME).
    case thaw(inode: UInt64, by: UInt64)
    /// It goes on already.
    case forget(inode: UInt64)
    /// The daemon ends as it should, and nothing is left to be done.
    case end

    /// Nil for a line that is none.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        switch (words.first, numbers.count) {
        case ("restores", 1): self = .restores(numbers[0] == 1)
        case ("thaw", 2): self = .thaw(inode: numbers[0], by: numbers[1])
        case ("forget", 1): self = .forget(inode: numbers[0])
        case ("end", 0): self = .end
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .restores(let wanted): "restores \(wanted ? 1 : 0)"
        case .thaw(let inode, let deadline): "thaw \(inode) \(deadline)"
        case .forget(let inode): "forget \(inode)"
        case .end: "end"
        }
    }
}
