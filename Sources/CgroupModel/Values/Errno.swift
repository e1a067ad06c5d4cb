/// An error number of a system call (errno(3)), with the meanings that callers act on.
package struct Errno: Hashable, Sendable, CustomStringConvertible {
    /// The number, which is the same on every Linux architecture that Swift supports.
    package let number: Int32

    /// Creates an error number; any number is accepted.
    package init(_ number: Int32) { self.number = number }

    /// EPERM.
    package static let notPermitted = Errno(1)
    /// ENOENT.
    package static let notFound = Errno(2)
    /// ESRCH.
    package static let noProcess = Errno(3)
    /// EINTR.
    package static let interrupted = Errno(4)
    /// EIO.
    package static let inputOutput = Errno(5)
    /// EAGAIN.
    package static let tryAgain = Errno(11)
    /// EACCES.
    package static let accessDenied = Errno(13)
    /// EBUSY.
    package static let busy = Errno(16)
    /// EEXIST.
    package static let exists = Errno(17)
    /// EXDEV.
    package static let crossDevice = Errno(18)
    /// ENODEV.
    package static let noDevice = Errno(19)
    /// ENOTDIR.
    package static let notDirectory = Errno(20)
    /// EINVAL.
    package static let invalid = Errno(22)
    /// ENOSPC.
    package static let noSpace = Errno(28)
    /// EROFS.
    package static let readOnly = Errno(30)
    /// ERANGE.
    package static let outOfRange = Errno(34)
    /// EOPNOTSUPP.
    package static let notSupported = Errno(95)
    /// ECONNRESET.
    package static let connectionReset = Errno(104)
    /// ENOTCONN.
    package static let notConnected = Errno(107)
    /// ETIMEDOUT.
    package static let timedOut = Errno(110)

    /// The symbolic name (`EBUSY`), or `errno N` for a rare one.
    package var name: String { Self.names[number] ?? "errno \(number)" }

    /// The symbolic name.
    package var description: String { name }

    private static let names: [Int32: String] = [
        1: "EPERM", 2: "ENOENT", 3: "ESRCH", 4: "EINTR", 5: "EIO", 6: "ENXIO", 7: "E2BIG",
        9: "EBADF", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 16: "EBUSY", 17: "EEXIST",
        18: "EXDEV", 19: "ENODEV", 20: "ENOTDIR", 21: "EISDIR", 22: "EINVAL", 23: "ENFILE",
        24: "EMFILE", 27: "EFBIG", 28: "ENOSPC", 30: "EROFS", 32: "EPIPE", 34: "ERANGE",
        36: "ENAMETOOLONG", 39: "ENOTEMPTY", 40: "ELOOP", 75: "EOVERFLOW", 95: "EOPNOTSUPP",
        104: "ECONNRESET", 107: "ENOTCONN", 110: "ETIMEDOUT", 111: "ECONNREFUSED",
        122: "EDQUOT",
    ]
}

extension Errno {
    /// Whether the object does not exist or is gone (ENOENT, ENODEV, ESRCH).
    package var isGone: Bool { self == .notFound || self == .noDevice || self == .noProcess }

    /// Whether privileges are missing (EACCES, EPERM).
    package var isPermission: Bool { self == .accessDenied || self == .notPermitted }

    /// Whether the file system is mounted read-only (EROFS).
    package var isReadOnly: Bool { self == .readOnly }

    /// Whether another file system is mounted over the object (EXDEV).
    package var isCovered: Bool { self == .crossDevice }

    /// Whether the file exists but the kernel does not support the feature (EOPNOTSUPP).
    package var isUnsupported: Bool { self == .notSupported }

    /// Whether the object is in use (EBUSY).
    package var isBusy: Bool { self == .busy }

    /// Whether less was done than requested, or a count limit was hit (EAGAIN).
    package var isTryAgain: Bool { self == .tryAgain }

    /// Whether a signal interrupted the call (EINTR).
    package var isInterrupted: Bool { self == .interrupted }

    /// Whether the cgroup has no resource to run a process on, such as an empty cpuset (ENOSPC).
    package var isNoSpace: Bool { self == .noSpace }

    /// Whether the kernel rejects the value (EINVAL).
    package var isInvalid: Bool { self == .invalid }

    /// Whether the value is out of the kernel's range (ERANGE).
    package var isOutOfRange: Bool { self == .outOfRange }

    /// Whether the name already exists (EEXIST).
    package var isExisting: Bool { self == .exists }

    /// Whether the file or directory does not exist (ENOENT).
    package var isMissing: Bool { self == .notFound }

    /// Whether the wait timed out (ETIMEDOUT).
    package var isTimedOut: Bool { self == .timedOut }

    /// Whether another process did not answer (ETIMEDOUT, ECONNRESET, ENOTCONN).
    package var isUnanswered: Bool {
        self == .timedOut || self == .connectionReset || self == .notConnected
    }
}
