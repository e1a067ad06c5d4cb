import CgroupModel

/// How to react to a failure.
enum Remedy {
    /// Retry after one, two and four seconds.
    case retry
    case again
    /// Leave the value unchanged for five minutes.
    case leaveValue
    /// Suspend the rule, because it requests something invalid.
    case suspendRule
    case gone

    init(_ failure: EffectResult.Failure) {
        guard let errno = failure.errno else {
            self = .retry
            return
        }
        if errno.isInterrupted {
            self = .again
        } else if errno.isPermission || errno.isReadOnly {
            self = .leaveValue
        } else if errno.isInvalid || errno.isOutOfRange || errno.isNoSpace || errno.isUnsupported {
            self = .suspendRule
        } else {
            self = errno.isGone ? .gone : .retry
        }
    }
}
