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
        self =
            switch failure.errno {
            case "EINTR": .again
            case "EACCES", "EPERM", "EROFS": .leaveValue
            case "EINVAL", "ERANGE", "ENOSPC", "EOPNOTSUPP": .suspendRule
            case "ENOENT", "ENODEV", "ESRCH": .gone
            default: .retry
            }
    }
}
