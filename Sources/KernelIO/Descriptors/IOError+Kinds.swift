internal import Glibc

extension IOError {
    /// Whether the object is in use (EBUSY).
    package var isBusy: Bool { code == EBUSY }
    /// Whether less was done than requested, or a count limit was hit (EAGAIN).
    package var isTryAgain: Bool { code == EAGAIN }
    /// Whether the cgroup has no resource to run a process on, such as an empty cpuset (ENOSPC).
    package var isNoSpace: Bool { code == ENOSPC }
    /// Whether the kernel rejects the value (EINVAL).
    package var isInvalid: Bool { code == EINVAL }
    /// Whether the value is out of the kernel's range (ERANGE).
    package var isOutOfRange: Bool { code == ERANGE }
    /// Whether the name already exists (EEXIST).
    package var isExisting: Bool { code == EEXIST }
    /// Whether the file system is mounted read-only (EROFS).
    package var isReadOnly: Bool { code == EROFS }
    /// Whether the file or directory does not exist (ENOENT).
    package var isMissing: Bool { code == ENOENT }
    /// Whether the wait timed out (ETIMEDOUT).
    package var isTimedOut: Bool { code == ETIMEDOUT }
}

extension IOError {
    /// The error of an access to a removed cgroup (ENODEV).
    package static let goneCode: Int32 = ENODEV
    /// The error of an object that another process holds for now (EAGAIN).
    package static let tryAgainCode: Int32 = EAGAIN
}
