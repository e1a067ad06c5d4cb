package import CgroupModel

/// Why an action failed: one sentence with advice.
package struct ActuationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, which determines the exit status.
    package enum Code: Sendable {
        case usage, notFound, notPermitted, refused, busy, unavailable, failed
        /// The cgroup exists already.
        case exists
        /// The host or an ancestor has less than the requested amount.
        case outOfRange
        /// A descendant's setting exceeds the requested value.
        case inTheWay
    }

    /// The kind of failure.
    package let code: Code
    /// The message.
    package let message: String
    /// The error number, also for errors of systemd; nil if there is none.
    package internal(set) var errno: Errno?

    /// Creates an error of a kind with its message.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { message }
}

extension CgroupPath {
    /// Throws for a path with `.` or `..`, which would create a cgroup at a different path.
    func checkNames() throws(ActuationError) {
        guard hasDots else { return }
        throw ActuationError(
            .usage, "cannot create \(self): a cgroup cannot be named . or ..; write the whole path")
    }
}
