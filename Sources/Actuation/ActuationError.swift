/// Why something could not be done to a cgroup: one sentence with what to do, and its kind.
public struct ActuationError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is; decides the exit status.
    public enum Code: Sendable {
        /// What was asked for makes no sense.
        case usage
        /// There is no such thing.
        case notFound
        /// Privileges are missing.
        case notPermitted
        /// It would hurt: cgwarden does not do it.
        case refused
        /// Something is in the way now; later it may work.
        case busy
        /// This kernel, build or machine does not have it.
        case unavailable
        /// The kernel did not do it.
        case failed
    }

    /// What kind of failure it is.
    public let code: Code
    /// The sentence for a person.
    public let message: String

    /// Joins the parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence for a person.
    public var description: String { message }
}
