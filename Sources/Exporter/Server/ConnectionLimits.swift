/// How long and how much of the server a client may use.
public struct ConnectionLimits: Sendable {
    /// From a connection's beginning to its first whole request, TLS handshake included.
    public var requestTime: Duration = .seconds(10)
    /// From an answer to the next whole request on the same connection.
    public var idleTime: Duration = .seconds(120)
    /// For an answer to be ready, if the client does not say how long it waits.
    public var answerTime: Duration = .seconds(60)
    /// For an answer to be taken by the client.
    public var writeTime: Duration = .seconds(60)
    /// For the client to take some more of an answer.
    public var stallTime: Duration = .seconds(10)
    /// How many connections there are; for one more, that which waits longest for its next request
    /// is closed, or that which has not read its answer for the longest time.
    public var connections = 512
    /// What clients have not taken yet of their answers, in bytes; over that, whoever has not read for
    /// the longest time is disconnected.
    public var untakenBytes = 64 << 20
    /// The same for one client: an address, or the first half of one of IPv6.
    public var untakenBytesOfClient = 32 << 20
    /// All headers of a request, in bytes; also how long its first line may be.
    public var headerBytes = 32 * 1024
    /// The body of a request, which is read and ignored, in bytes.
    public var bodyBytes = 64 * 1024

    /// The usual ones.
    public init() {}
}
