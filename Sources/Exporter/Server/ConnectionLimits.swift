/// The time, connections and memory that clients may use.
public struct ConnectionLimits: Sendable {
    /// The time from accepting a connection to its first complete request, TLS handshake included.
    public var requestTime: Duration = .seconds(10)
    /// The time from a response to the next complete request on the same connection.
    public var idleTime: Duration = .seconds(120)
    /// The time for a response to be ready, if the client does not announce its own timeout.
    public var answerTime: Duration = .seconds(60)
    /// The time for the client to read the whole response.
    public var writeTime: Duration = .seconds(60)
    /// The time for the client to read the next piece of a large response.
    public var stallTime: Duration = .seconds(10)
    /// The most connections at the same time.
    ///
    /// If another arrives, the connection that has waited longest for its next request is closed.
    /// If none waits, the one that has not read its response for the longest time is closed.
    public var connections = 512
    /// The most bytes of responses that clients have not read yet.
    ///
    /// Beyond this limit, the connections that have not read for the longest time are closed.
    public var untakenBytes = 64 << 20
    /// The same limit for one client: an IPv4 address or the first half of an IPv6 address.
    public var untakenBytesOfClient = 32 << 20
    /// The most bytes of a request's headers, and of its first line.
    public var headerBytes = 32 * 1024
    /// The most bytes of a request's body, which is read and ignored.
    public var bodyBytes = 64 * 1024

    /// Creates the default limits.
    public init() {}
}
