#if Exporter
import NIOCore
import NIOHTTP1

/// An answer before it is framed.
struct Response: Sendable {
    var status: HTTPResponseStatus = .ok
    var contentType: String
    /// Headers beyond the type and the length.
    var headers: [(String, String)] = []
    var body: ByteBuffer
    /// What comes instead of a body while time goes on; nil where the body is all there is.
    ///
    /// The next piece is asked for when the reader has taken the last one. The connection ends with
    /// the pieces.
    var pieces: AsyncStream<ByteBuffer>?

    /// One line for people.
    static func sentence(
        _ status: HTTPResponseStatus, _ text: String, headers: [(String, String)] = []
    ) -> Response {
        Response(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers,
            body: ByteBuffer(string: text + "\n"))
    }
}
#endif
