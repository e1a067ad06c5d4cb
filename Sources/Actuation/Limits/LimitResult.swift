import CgroupModel

/// What became of one planned write.
public struct LimitResult: Sendable {
    /// How a write ended.
    public enum Outcome: Sendable {
        /// The kernel says what was wanted.
        case applied
        /// It already said so; nothing was written.
        case unchanged
        /// Applied, but for bytes that do not fill a page.
        case rounded
        /// The kernel took another value, or less of it applies.
        case clamped
        /// The kernel accepted the write and does not act on it.
        case ineffective
        /// Written; the kernel does not show what it made of it.
        case unverified
        /// The kernel refused.
        case failed(ActuationError)
        /// Applied, and put back since another write failed.
        case rolledBack
        /// Applied, and could not be put back when another write failed; it stays in the journal.
        case notRolledBack(ActuationError)
        /// Never tried, since an earlier write failed.
        case skipped
    }

    /// The write.
    public let write: PlannedWrite
    /// How it ended.
    public internal(set) var outcome: Outcome
    /// What the kernel says now, nil if it could not be read.
    public internal(set) var readBack: String?
    /// What really applies, where the kernel tells that apart.
    public internal(set) var effective: String?

    /// Whether the value is as wanted, as far as the kernel can do it.
    public var isSuccess: Bool {
        switch outcome {
        case .applied, .unchanged, .rounded, .clamped, .unverified: true
        default: false
        }
    }
}

extension LimitResult.Outcome {
    /// Compares what was wanted with what the kernel says.
    init(_ write: PlannedWrite, before: String, readBack: String, effective: String?) {
        let fits = effective.map { ControlCell.isSame($0, write.new) } ?? true
        if !write.isReadable {
            self = .unverified
        } else if ControlCell.isSame(readBack, write.new) {
            self = fits ? .applied : .clamped
        } else if let wanted = UInt64(write.new), let got = UInt64(readBack), got < wanted,
            wanted - got < write.granularity
        {
            self = .rounded
        } else if ControlCell.isSame(readBack, before) || readBack.contains("invalid") {
            self = .ineffective
        } else {
            self = .clamped
        }
    }
}
