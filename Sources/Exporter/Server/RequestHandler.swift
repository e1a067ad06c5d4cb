#if Exporter
import NIOCore
import NIOHTTP1

/// One connection: reads requests and writes the answers, one after the other.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// No request here needs a body; a small one is read and ignored.
    private static let largestBody = 64 * 1024

    private let responder: Responder
    private var head: HTTPRequestHead?
    private var bodyBytes = 0

    init(_ responder: Responder) { self.responder = responder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
        case .body(let part):
            bodyBytes += part.readableBytes
            if bodyBytes > Self.largestBody { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let responder = responder
        // Rendering may take a while and must not hold up the other connections of this loop.
        let response = context.eventLoop.makeFutureWithTask { await responder.response(to: head) }
        response.assumeIsolated().whenSuccess { self.write($0, for: head, context) }
    }

    private func write(
        _ response: Response, for request: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return }
        var head = HTTPResponseHead(version: request.version, status: response.status)
        head.headers.add(name: "Content-Type", value: response.contentType)
        if response.pieces == nil {
            // Without a length a reader cannot tell a cut body from a whole one.
            head.headers.add(name: "Content-Length", value: "\(response.body.readableBytes)")
        }
        for (name, value) in response.headers { head.headers.add(name: name, value: value) }
        let keepAlive = request.isKeepAlive && response.pieces == nil
        if !keepAlive {
            head.headers.add(name: "Connection", value: "close")
        } else if request.version == .http1_0 {
            head.headers.add(name: "Connection", value: "keep-alive")
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let pieces = response.pieces, request.method != .HEAD {
            context.flush()
            return Self.write(pieces, to: context.channel)
        }
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepAlive {
            written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    /// Writes until the pieces end or the reader leaves.
    private static func write(_ pieces: AsyncStream<ByteBuffer>, to channel: any Channel) {
        let writing = Task {
            for await piece in pieces {
                // Awaited, so that a slow reader costs it pieces and not this program memory.
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(piece)))
            }
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
            try await channel.close()
        }
        channel.closeFuture.whenComplete { _ in writing.cancel() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// A broken request was answered before this, and a broken connection has nobody to answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
#endif
