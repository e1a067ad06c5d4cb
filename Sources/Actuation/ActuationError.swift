/// Why an action was not done: one sentence for a person, with what to do.
public struct ActuationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, from which the exit status follows.
    public enum Code: Sendable {
        case usage, notFound, notPermitted, refused, busy, unavailable, failed
        /// The machine, or the cgroup above, has less than is asked for.
        case outOfRange
        /// A cgroup below has more than is left for it.
        case inTheWay
    }

    /// The kind of failure.
    public let code: Code
    /// The sentence.
    public let message: String
    /// The kernel's name of its error number (`EBUSY`); nil if it was not the kernel that failed.
    public internal(set) var errno: String?

    /// Joins the parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
