internal import Glibc

extension IOError {
    /// Whether something in use stands in the way (EBUSY).
    public var isBusy: Bool { code == EBUSY }
    /// Whether less was done than asked, or a count limit was hit (EAGAIN).
    public var isTryAgain: Bool { code == EAGAIN }
    /// Whether there is nothing to place a process on (ENOSPC), such as an empty cpuset.
    public var isNoSpace: Bool { code == ENOSPC }
    /// Whether the kernel does not take the value (EINVAL).
    public var isInvalid: Bool { code == EINVAL }
    /// Whether the value is out of the kernel's range (ERANGE).
    public var isOutOfRange: Bool { code == ERANGE }
    /// Whether the name is taken (EEXIST).
    public var isExisting: Bool { code == EEXIST }
    /// Whether the file system is mounted read-only (EROFS).
    public var isReadOnly: Bool { code == EROFS }
    /// Whether there is no such file or directory (ENOENT).
    public var isMissing: Bool { code == ENOENT }
    /// Whether it was not waited for any longer (ETIMEDOUT).
    public var isTimedOut: Bool { code == ETIMEDOUT }
}

extension IOError {
    /// What a removed cgroup answers (ENODEV).
    public static let goneCode: Int32 = ENODEV
    /// What is held by someone else for now.
    public static let tryAgainCode: Int32 = EAGAIN
}
