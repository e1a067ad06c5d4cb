package import CgroupModel
internal import Glibc

/// A failed system call: the operation, its object, and the kernel's reason.
///
/// The error also has each property of ``CgroupModel/Errno``: `error.isGone`, `error.name`.
@dynamicMemberLookup
package struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation as a verb: `open`, `read`, `list`.
    package let operation: String
    /// The path as text.
    package let path: String
    /// The kernel's error number.
    package let errno: Errno
    /// The program's own reason for refusing the object, with the remedy; nil to use the kernel's.
    package let objection: String?

    /// Creates an error from an operation, its object, the error number and an optional reason of
    /// the program.
    package init(_ operation: String, _ path: String, _ errno: Errno, objection: String? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.objection = objection
    }

    /// Creates an error from an operation, its object, the errno and an optional reason of the
    /// program.
    package init(_ operation: String, _ path: String, code: Int32, objection: String? = nil) {
        self.init(operation, path, Errno(code), objection: objection)
    }

    /// The kernel's errno.
    package var code: Int32 { errno.number }

    /// A meaning of the error number.
    package subscript<Meaning>(dynamicMember meaning: KeyPath<Errno, Meaning>) -> Meaning {
        errno[keyPath: meaning]
    }

    /// The complete message.
    package var description: String { "cannot \(operation) \(path.onOneLine): \(reason)" }

    /// The reason alone.
    package var reason: String {
        unsafe objection
            ?? (errno.isCovered ? "a mount covers it" : String(cString: strerror(code)))
    }

    /// The reading that represents a failed access to an interface file.
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
