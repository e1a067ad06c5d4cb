#if Exporter
import KernelIO
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A loopback server with scripted responses.
final class FakePager: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: String
    }

    /// Its reaction to a request.
    enum Answer: Sendable {
        case status(Int)
        /// Never says anything.
        case silence
        case hangUp
    }

    private let box: StateBox
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    /// The requests so far.
    var received: [Request] { box.state.withLock { $0.requests } }

    /// Gives the answers one after the other, and the last one again and again.
    init(_ answers: Answer..., security: NIOSSLContext? = nil) throws {
        let box = StateBox(answers)
        channel = try ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security {
                        try pipeline.addHandler(NIOSSLServerHandler(context: security))
                    }
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Handler(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        self.box = box
    }

    deinit { channel.close(promise: nil) }

    private final class StateBox: Sendable {
        struct State {
            var requests: [Request] = []
            var answers: [Answer]
        }
        let state: Mutex<State>
        init(_ answers: [Answer]) { state = Mutex(State(answers: answers)) }

        func take(_ request: Request) -> Answer {
            state.withLock { state in
                state.requests.append(request)
                return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: StateBox
        private var request: Request?

        init(_ box: StateBox) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(head: head, body: "")
            case .body(let bytes): request?.body += String(buffer: bytes)
            case .end:
                guard let request else { return }
                switch box.take(request) {
                case .status(let code):
                    let head = HTTPResponseHead(
                        version: .http1_1, status: HTTPResponseStatus(statusCode: code),
                        headers: ["Content-Length": "2"])
                    context.write(wrapOutboundOut(.head(head)), promise: nil)
                    context.write(
                        wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                case .silence: break
                case .hangUp: context.close(promise: nil)
                }
            }
        }
    }
}
#endif
