import CgroupModel

/// What a failure asks for.
enum Remedy {
    /// Again after one, two and four seconds.
    case retry
    case again
    /// The value is left alone for five minutes.
    case leaveValue
    /// The plan was wrong: the rule is suspended.
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
