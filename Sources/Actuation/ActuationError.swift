/// Why something was not done: one sentence with what to do about it.
public struct ActuationError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for the exit status.
    public enum Code: Sendable {
        case usage, notFound, notPermitted, refused, busy, unavailable, failed
    }

    /// What kind of failure it is.
    public let code: Code
    /// The sentence.
    public let message: String

    /// Joins the parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
