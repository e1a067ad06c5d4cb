/// A line from a daemon to its guardian.
enum GuardianLine: Hashable, Sendable {
    /// The process ID of the daemon, which may hold the claim on the state directory.
    case daemon(Int32)
    /// Whether to restore everything when the daemon dies, or only changes that stop processes.
    case restores(Bool)
    /// The cgroup with this inode must be thawed by this time (nanoseconds of CLOCK_BOOTTIME).
    case thaw(inode: UInt64, by: UInt64)
    /// The cgroup is already thawed.
    case forget(inode: UInt64)
    /// The daemon shuts down cleanly, with nothing left to undo.
    case end

    /// Parses a line; nil if it is malformed.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        switch (words.first, numbers.count) {
        case ("daemon", 1): self = .daemon(Int32(clamping: numbers[0]))
        case ("restores", 1): self = .restores(numbers[0] == 1)
        case ("thaw", 2): self = .thaw(inode: numbers[0], by: numbers[1])
        case ("forget", 1): self = .forget(inode: numbers[0])
        case ("end", 0): self = .end
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .daemon(let pid): "daemon \(pid)"
        case .restores(let wanted): "restores \(wanted ? 1 : 0)"
        case .thaw(let inode, let deadline): "thaw \(inode) \(deadline)"
        case .forget(let inode): "forget \(inode)"
        case .end: "end"
        }
    }
}
