public import CgroupModel
internal import Glibc

/// A system call that failed: what was tried, on what, and the kernel's reason.
public struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The verb: `open`, `read`, `list`.
    public let operation: String
    /// The path as text.
    public let path: String
    /// The kernel's errno.
    public let code: Int32
    /// What the program itself has against the object, with what to do; nil for the kernel's reason.
    public let objection: String?

    /// Joins the parts.
    public init(_ operation: String, _ path: String, code: Int32, objection: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.objection = objection
    }

    /// Whether the object does not exist, or ceased to (ENOENT, ENODEV, ESRCH).
    public var isGone: Bool { code == ENOENT || code == ENODEV || code == ESRCH }

    /// Whether privileges are missing (EACCES, EPERM).
    public var isPermission: Bool { code == EACCES || code == EPERM }

    /// Whether the kernel has the file but not the feature (EOPNOTSUPP).
    public var isUnsupported: Bool { code == EOPNOTSUPP }

    /// Whether something else is mounted there (EXDEV).
    public var isCovered: Bool { code == EXDEV }

    /// The sentence for a person.
    public var description: String { "cannot \(operation) \(path.onOneLine): \(reason)" }

    /// The reason alone.
    public var reason: String {
        unsafe objection ?? (isCovered ? "a mount covers it" : String(cString: strerror(code)))
    }

    /// What a failed file access means for the readings of the file.
    public static func reading(for code: Int32) -> Reading {
        switch code {
        // EISDIR: a child cgroup bears the name that the file would have.
        case ENOENT, EISDIR: .absent
        case ENODEV, ESRCH: .gone
        case EACCES, EPERM: .notPermitted
        case EOPNOTSUPP, EINVAL: .unsupported
        case EXDEV: .covered
        default: .malformed
        }
    }
}
