#if Exporter
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One request and its response over a separate connection.
struct WebhookExchange: Sendable {
    let url: WebhookURL
    let timeout: Duration
    /// A file of certificate authorities to trust instead of the system's.
    let certificates: String?

    /// One thread for all exchanges, because it only moves bytes.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Posts JSON and waits for the status of the response.
    func post(_ body: String, token: String?) throws -> Int {
        let loop = Self.loops.next()
        let answer = loop.makePromise(of: Int.self)
        let timer = loop.scheduleTask(in: TimeAmount(timeout)) {
            answer.fail(WebhookFailure("no response within \(timeout)"))
        }
        let security = try url.isSecure ? Self.security(certificates) : nil
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security {
                        let name = url.isAddress ? nil : url.host
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: security, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(StatusHandler(answer))
                }
            }
            .connect(host: url.host, port: url.port)
        connected.whenFailure { answer.fail($0) }
        connected.whenSuccess { send(body, token, over: $0, answer) }
        answer.futureResult.whenComplete { _ in
            timer.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        return try answer.futureResult.wait()
    }

    private func send(
        _ body: String, _ token: String?, over channel: any Channel,
        _ answer: EventLoopPromise<Int>
    ) {
        var headers: HTTPHeaders = [
            "Host": url.authority, "User-Agent": "cgwarden", "Content-Type": "application/json",
            "Content-Length": "\(body.utf8.count)", "Connection": "close",
        ]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: url.target, headers: headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(
            HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { answer.fail($0) }
    }

    private static func security(_ certificates: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificates { configuration.trustRoots = .file(certificates) }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Completes a promise with the status of the response.
private final class StatusHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<Int>

    init(_ answer: EventLoopPromise<Int>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Later parts of the response are ignored, and the promise accepts only the first result.
        if case .head(let head) = unwrapInboundIn(data) { answer.succeed(Int(head.status.code)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(WebhookFailure("the server closed the connection without a response"))
        context.fireChannelInactive()
    }
}

/// Why there was no response.
struct WebhookFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
#endif
