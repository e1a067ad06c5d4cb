package import CgroupModel
internal import Glibc

/// A failed system call: the operation, its object, and the kernel's reason.
package struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation as a verb: `open`, `read`, `list`.
    package let operation: String
    /// The path as text.
    package let path: String
    /// The kernel's errno.
    package let code: Int32
    /// The program's own reason for refusing the object, with the remedy; nil to use the kernel's.
    package let objection: String?

    /// Creates an error from an operation, its object, the errno and an optional reason of the
    /// program.
    package init(_ operation: String, _ path: String, code: Int32, objection: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.objection = objection
    }

    /// Whether the object does not exist or is gone (ENOENT, ENODEV, ESRCH).
    package var isGone: Bool { code == ENOENT || code == ENODEV || code == ESRCH }

    /// Whether privileges are missing (EACCES, EPERM).
    package var isPermission: Bool { code == EACCES || code == EPERM }

    /// Whether the file exists but the kernel does not support the feature (EOPNOTSUPP).
    package var isUnsupported: Bool { code == EOPNOTSUPP }

    /// Whether another file system is mounted over it (EXDEV).
    package var isCovered: Bool { code == EXDEV }

    /// The complete message.
    package var description: String { "cannot \(operation) \(path.onOneLine): \(reason)" }

    /// The reason alone.
    package var reason: String {
        unsafe objection ?? (isCovered ? "a mount covers it" : String(cString: strerror(code)))
    }

    /// The reading that stands for a failed access to an interface file.
    package static func reading(for code: Int32) -> Reading {
        switch code {
        // EISDIR: a child cgroup has the name of the file.
        case ENOENT, EISDIR: .absent
        case ENODEV, ESRCH: .gone
        case EACCES, EPERM: .notPermitted
        case EOPNOTSUPP, EINVAL: .unsupported
        case EXDEV: .covered
        default: .malformed
        }
    }
}
