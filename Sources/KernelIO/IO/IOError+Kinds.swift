internal import Glibc

extension IOError {
    /// Whether the object is in use (EBUSY).
    public var isBusy: Bool { code == EBUSY }
    /// Whether less was done than requested, or a count limit was hit (EAGAIN).
    public var isTryAgain: Bool { code == EAGAIN }
    /// Whether the cgroup has no resource to run a process on, such as an empty cpuset (ENOSPC).
    public var isNoSpace: Bool { code == ENOSPC }
    /// Whether the kernel rejects the value (EINVAL).
    public var isInvalid: Bool { code == EINVAL }
    /// Whether the value is out of the kernel's range (ERANGE).
    public var isOutOfRange: Bool { code == ERANGE }
    /// Whether the name already exists (EEXIST).
    public var isExisting: Bool { code == EEXIST }
    /// Whether the file system is mounted read-only (EROFS).
    public var isReadOnly: Bool { code == EROFS }
    /// Whether the file or directory does not exist (ENOENT).
    public var isMissing: Bool { code == ENOENT }
    /// Whether the wait timed out (ETIMEDOUT).
    public var isTimedOut: Bool { code == ETIMEDOUT }
}

extension IOError {
    /// The error of an access to a removed cgroup (ENODEV).
    public static let goneCode: Int32 = ENODEV
    /// The error of an object that another process holds for now (EAGAIN).
    public static let tryAgainCode: Int32 = EAGAIN
}
