#if Exporter
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

enum Gzip {
    /// The size in bytes below which compression is not worth its cost.
    static let smallestBody = 1024

    /// Compresses a complete body.
    ///
    /// NIO offers the compressor only as a channel handler. In a connection's pipeline it would
    /// block the event loop, once for each client. In a channel of its own it runs on the caller's
    /// thread, once for each sample.
    static func compress(_ body: ByteBuffer) throws -> ByteBuffer {
        let channel = EmbeddedChannel(handler: NIOHTTPRequestCompressor(encoding: .gzip))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        channel.write(HTTPClientRequestPart.end(nil), promise: nil)
        channel.flush()
        var result = ByteBuffer()
        while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
            if case .body(.byteBuffer(var piece)) = part { result.writeBuffer(&piece) }
        }
        _ = try channel.finish()
        return result
    }
}
#endif
