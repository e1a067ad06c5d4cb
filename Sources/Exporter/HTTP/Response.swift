#if Exporter
import NIOCore
import NIOHTTP1

/// An HTTP response before framing.
struct Response: Sendable {
    var status: HTTPResponseStatus = .ok
    var contentType: String
    /// Headers other than the content type and length.
    var headers: [(String, String)] = []
    var body: ByteBuffer
    /// The pieces of a stream, which replaces the body; nil for a plain response.
    ///
    /// The next piece is requested once the client has taken the last one. The connection ends with
    /// the stream.
    var pieces: AsyncStream<ByteBuffer>?

    /// Creates a response of one line of plain text.
    static func sentence(
        _ status: HTTPResponseStatus, _ text: String, headers: [(String, String)] = []
    ) -> Response {
        Response(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers,
            body: ByteBuffer(string: text + "\n"))
    }
}
#endif
