/// The time, connections and memory that clients may use.
package struct ConnectionLimits: Sendable {
    /// The time from accepting a connection to its first complete request, TLS handshake included.
    package var requestTime: Duration = .seconds(10)
    /// The time from a response to the next complete request on the same connection.
    package var idleTime: Duration = .seconds(120)
    /// The time for a response to be ready, if the client does not announce its own timeout.
    package var answerTime: Duration = .seconds(60)
    /// The time for the client to read the whole response.
    package var writeTime: Duration = .seconds(60)
    /// The time for the client to read the next piece of a large response.
    package var stallTime: Duration = .seconds(10)
    /// The maximum number of connections.
    ///
    /// If another arrives, the connection that has waited longest for its next request is closed.
    /// If none waits, the one that has not read its response for the longest time is closed.
    package var connections = 512
    /// The maximum number of response bytes that clients have not read yet.
    ///
    /// Beyond this limit, the connections that have not read for the longest time are closed.
    package var untakenBytes = 64 << 20
    /// The same limit for one client: an IPv4 address or the first half of an IPv6 address.
    package var untakenBytesOfClient = 32 << 20
    /// The maximum size of a request's headers, and of its first line, in bytes.
    package var headerBytes = 32 * 1024
    /// The maximum size of a request's body, which is read and ignored, in bytes.
    package var bodyBytes = 64 * 1024

    /// Creates the default limits.
    package init() {}
}
