#if Exporter
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// A request to a server.
package struct WebRequest: Sendable {
    /// The path and query.
    package var target: String
    /// The JSON to post; nil to get.
    package var json: String?
    /// The value of the `Authorization` header; nil for none.
    package var authorization: String?

    /// Creates a request.
    package init(_ target: String, json: String? = nil, authorization: String? = nil) {
        self.target = target
        self.json = json
        self.authorization = authorization
    }
}

/// The response of a server, which may be hostile.
package struct WebResponse: Sendable {
    /// The status code.
    package var status: Int
    /// The body; empty if only the status was requested.
    package var body: [UInt8] = []
}

/// Requests to a server, each over a connection of its own; redirects are not followed.
package struct WebExchange: Sendable {
    private let url: WebURL
    private let timeout: Duration
    private let certificates: String?
    private let mostBytes: Int?

    /// One thread for all exchanges, because it only moves bytes.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Creates exchanges with the server of a URL.
    ///
    /// - Parameters:
    ///   - timeout: The time limit of one request with its response.
    ///   - certificates: A file of authorities to trust instead of the system's.
    ///   - mostBytes: The maximum length of a body; nil to take only the status.
    package init(
        _ url: WebURL, timeout: Duration, certificates: String? = nil, mostBytes: Int? = nil
    ) {
        self.url = url
        self.timeout = timeout
        self.certificates = certificates
        self.mostBytes = mostBytes
    }

    /// Sends a request and waits for the response; throws a ``WebFailure`` without one.
    package func send(_ request: WebRequest) throws -> WebResponse {
        do {
            return try exchange(request)
        } catch let failure as WebFailure {
            throw failure
        } catch {
            throw WebFailure(error)
        }
    }

    private func exchange(_ request: WebRequest) throws -> WebResponse {
        let loop = Self.loops.next()
        let answer = loop.makePromise(of: WebResponse.self)
        let timer = loop.scheduleTask(in: TimeAmount(timeout)) {
            answer.fail(WebFailure("no response within \(timeout)"))
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
                    try pipeline.addHandler(ResponseHandler(answer, mostBytes))
                }
            }
            .connect(host: url.host, port: url.port)
        connected.whenFailure { answer.fail($0) }
        connected.whenSuccess { send(request, over: $0, answer) }
        answer.futureResult.whenComplete { _ in
            timer.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        return try answer.futureResult.wait()
    }

    private func send(
        _ request: WebRequest, over channel: any Channel, _ answer: EventLoopPromise<WebResponse>
    ) {
        var headers: HTTPHeaders = [
            "Host": url.authority, "User-Agent": "cgwarden", "Connection": "close",
        ]
        if let json = request.json {
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: "\(json.utf8.count)")
        }
        if let value = request.authorization { headers.add(name: "Authorization", value: value) }
        let head = HTTPRequestHead(
            version: .http1_1, method: request.json == nil ? .GET : .POST, uri: request.target,
            headers: headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let json = request.json {
            channel.write(
                HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: json))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { answer.fail($0) }
    }

    private static func security(_ certificates: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificates { configuration.trustRoots = .file(certificates) }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Completes a promise with the response.
private final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<WebResponse>
    private let mostBytes: Int?
    private var response = WebResponse(status: 0)

    init(_ answer: EventLoopPromise<WebResponse>, _ mostBytes: Int?) {
        self.answer = answer
        self.mostBytes = mostBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The promise accepts only the first result, so later ones are ignored.
        switch unwrapInboundIn(data) {
        case .head(let head):
            response.status = Int(head.status.code)
            if mostBytes == nil { answer.succeed(response) }
        case .body(let part):
            guard let mostBytes else { return }
            guard response.body.count + part.readableBytes <= mostBytes else {
                answer.fail(WebFailure("the response is longer than \(mostBytes) bytes"))
                return context.close(promise: nil)
            }
            response.body += part.readableBytesView
        case .end: answer.succeed(response)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(WebFailure("the server closed the connection without a response"))
        context.fireChannelInactive()
    }
}

/// The reason why there was no response.
package struct WebFailure: Error, CustomStringConvertible {
    /// The reason.
    package let description: String

    init(_ description: String) { self.description = description }

    /// Summarizes an error of the networking libraries.
    init(_ error: any Error) {
        let failure = error as? NIOConnectionError
        let cause = failure?.connectionErrors.first?.error ?? error
        if cause is IOError, let reason = Self.reason("\(cause)") {
            description = reason
        } else if let cause = (failure?.dnsAError ?? cause) as? SocketAddressError.UnknownHost {
            description = cause.errorDescription
        } else if "\(cause)".contains("CERTIFICATE_VERIFY_FAILED") {
            description = "its certificate is invalid, or not signed by a trusted authority"
        } else {
            description = "\(cause)"
        }
    }

    /// Extracts the errno's text from `connect(…): Connection refused (errno: 111)`.
    private static func reason(_ text: String) -> String? {
        let parts = text.split(separator: ": ")
        guard parts.count > 1 else { return nil }
        let words = parts[1].prefix { $0 != "(" && $0 != ")" }.split(separator: " ")
        return words.isEmpty ? nil : words.joined(separator: " ")
    }
}
#endif
