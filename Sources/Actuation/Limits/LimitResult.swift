import CgroupModel

/// The result of one planned write.
package struct LimitResult: Sendable {
    /// The outcome of a write.
    package enum Outcome: Sendable {
        /// The kernel shows the requested value.
        case applied
        /// The value was right already; nothing was written.
        case unchanged
        /// Applied, apart from rounding to pages.
        case rounded
        /// The kernel took another value, or only part of it is in effect.
        case clamped
        /// The kernel accepted the write without effect.
        case ineffective
        /// Written; the kernel does not show the result.
        case unverified
        /// The write or a step before it failed.
        case failed(ActuationError)
        /// Applied, then rolled back because another write failed.
        case rolledBack
        /// Applied, but the rollback failed after another write failed; it stays in the journal.
        case notRolledBack(ActuationError)
        /// Not attempted, because an earlier write failed.
        case skipped
    }

    /// The write.
    package let write: PlannedWrite
    /// The outcome.
    package internal(set) var outcome: Outcome
    /// The value afterwards; nil if it could not be read.
    package internal(set) var readBack: String?
    /// The value in effect, where the kernel has a separate file for it.
    package internal(set) var effective: String?
    /// Whether the value was unchanged, and an earlier change of it got the expiry of this one.
    package internal(set) var isRenewed = false

    /// Whether the write succeeded; a rounded, clamped or unverified value counts.
    package var isSuccess: Bool {
        switch outcome {
        case .applied, .unchanged, .rounded, .clamped, .unverified: true
        default: false
        }
    }
}

extension LimitResult.Outcome {
    /// Compares the requested value with the kernel's.
    init(_ write: PlannedWrite, before: String, readBack: String, effective: String?) {
        let fits = effective.map(write.isNew) ?? true
        let coding = write.coding
        if !write.isReadable {
            self = .unverified
        } else if write.isNew(readBack) {
            self = fits ? .applied : .clamped
        } else if let wanted = write.new.number, let got = coding.stored(readBack)?.number,
            got < wanted,
            wanted - got < write.granularity
        {
            self = .rounded
        } else if coding.isSame(readBack, before) || readBack.contains("invalid") {
            self = .ineffective
        } else {
            self = .clamped
        }
    }
}
