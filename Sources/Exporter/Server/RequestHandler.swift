#if Exporter
import NIOCore
import NIOHTTP1

/// The handler of one connection, which reads requests and writes responses one after the other.
///
/// Every phase has a time limit that the client cannot extend.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case waiting, answering, writing
        /// A refusal or a stream is written; further input is dropped.
        case leaving
    }

    /// The time that a refused client may still send, because an early reset could discard the
    /// response.
    private static let leavingTime = TimeAmount.milliseconds(500)

    /// The bytes written at once; the client must read them within the stall time.
    private static let pieceBytes = 64 * 1024

    private let door: FrontDoor
    private let client: Client
    private let limits: ConnectionLimits
    private let table: ConnectionTable
    private var phase = Phase.waiting
    private var deadline: Scheduled<Void>?
    /// Closes the connection if the client stops reading its response.
    private var stall: Scheduled<Void>?
    private var answering: Task<Void, Never>?
    private var head: HTTPRequestHead?
    private var bodyBytes = 0
    /// A request that arrived before the last response was completely written.
    private var next: HTTPRequestHead?
    private var isHalfClosed = false

    init(
        _ door: FrontDoor, _ client: Client, _ limits: ConnectionLimits, _ table: ConnectionTable
    ) {
        self.door = door
        self.client = client
        self.limits = limits
        self.table = table
    }

    func channelActive(context: ChannelHandlerContext) {
        close(context, after: TimeAmount(limits.requestTime))
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        stall?.cancel()
        // The client no longer waits for the response.
        answering?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .leaving else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
            let announced = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
            if announced > limits.bodyBytes { refuseBody(context) }
        case .body(let part):
            bodyBytes += part.readableBytes
            if bodyBytes > limits.bodyBytes { refuseBody(context) }
        case .end:
            guard let head else { return }
            self.head = nil
            if phase == .waiting { answer(head, context) } else { next = head }
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        phase = .answering
        table.note(context.channel, isWaiting: false)
        deadline?.cancel()
        let answer = context.eventLoop.makePromise(of: Response.self)
        let (door, client) = (door, client)
        // Rendering can take long and must not block the other connections of this loop.
        let answering = answer.completeWithTask { await door.response(to: head, from: client) }
        self.answering = answering
        let patience = ScrapeTimeout.patience(head.headers) ?? limits.answerTime
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            // The promise keeps the first of the two responses.
            answer.succeed(.late(after: patience))
            answering.cancel()
        }
        answer.futureResult.assumeIsolated().whenSuccess { self.write($0, for: head, context) }
    }

    private func write(
        _ response: Response, for request: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        answering = nil
        guard context.channel.isActive else {
            // The pending timer would keep the response in memory.
            deadline?.cancel()
            return
        }
        if let pieces = response.pieces {
            return request.method == .HEAD
                ? sendHeadAlone(response, version: request.version, context)
                : stream(pieces, after: response, version: request.version, context)
        }
        phase = .writing
        close(context, after: TimeAmount(limits.writeTime))
        let keepsAlive = request.isKeepAlive && !isHalfClosed
        let written = send(
            response, keepsAlive: keepsAlive, version: request.version,
            hasBody: request.method != .HEAD, context)
        written.assumeIsolated().whenComplete { result in
            // A closed connection has no next request to wait for.
            guard case .success = result, keepsAlive, context.channel.isActive else {
                return context.close(promise: nil)
            }
            // The next request may have been refused during the write.
            guard self.phase == .writing else { return }
            self.phase = .waiting
            if let next = self.next {
                self.next = nil
                self.answer(next, context)
            } else if self.isHalfClosed {
                context.close(promise: nil)
            } else {
                self.table.note(context.channel, isWaiting: true)
                self.close(context, after: TimeAmount(self.limits.idleTime))
            }
        }
    }

    private func send(
        _ response: Response, keepsAlive: Bool, version: HTTPVersion, hasBody: Bool,
        _ context: ChannelHandlerContext
    ) -> EventLoopFuture<Void> {
        sendHead(response, keepsAlive: keepsAlive, version: version, context)
        guard hasBody, response.body.readableBytes > Self.pieceBytes else {
            if hasBody {
                context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
            }
            table.write(hasBody ? response.body.readableBytes : 0, to: context.channel)
            let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
            written.assumeIsolated().whenSuccess { self.table.take(context.channel, leaving: 0) }
            return written
        }
        table.write(response.body.readableBytes, to: context.channel)
        let written = context.eventLoop.makePromise(of: Void.self)
        send(rest: response.body, written, context)
        return written.futureResult
    }

    /// Writes the body piece by piece, each once the client has taken the one before.
    private func send(
        rest: ByteBuffer, _ written: EventLoopPromise<Void>, _ context: ChannelHandlerContext
    ) {
        stall?.cancel()
        var rest = rest
        guard let piece = rest.readSlice(length: min(Self.pieceBytes, rest.readableBytes)),
            piece.readableBytes > 0
        else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written) }
        stall = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.stallTime)) {
            context.close(promise: nil)
        }
        let left = rest
        let taken = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))))
        taken.assumeIsolated().whenComplete { result in
            switch result {
            case .success:
                self.table.take(context.channel, leaving: left.readableBytes)
                self.send(rest: left, written, context)
            case .failure(let error): written.fail(error)
            }
        }
    }

    private func sendHead(
        _ response: Response, keepsAlive: Bool, version: HTTPVersion,
        _ context: ChannelHandlerContext
    ) {
        var head = HTTPResponseHead(version: version, status: response.status)
        head.headers.add(name: "Content-Type", value: response.contentType)
        if response.pieces == nil {
            // Without a length, a client cannot detect a truncated body.
            head.headers.add(name: "Content-Length", value: "\(response.body.readableBytes)")
        }
        for (name, value) in response.headers { head.headers.add(name: name, value: value) }
        if !keepsAlive {
            head.headers.add(name: "Connection", value: "close")
        } else if version == .http1_0 {
            head.headers.add(name: "Connection", value: "keep-alive")
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Writes pieces until they end or the client disconnects, then closes the connection.
    ///
    /// A stream does not count as a request that is being answered.
    private func stream(
        _ pieces: AsyncStream<ByteBuffer>, after response: Response, version: HTTPVersion,
        _ context: ChannelHandlerContext
    ) {
        phase = .leaving
        deadline?.cancel()
        // If there are too many connections, a stream is among the first to be closed.
        table.note(context.channel, isWaiting: true)
        sendHead(response, keepsAlive: false, version: version, context)
        context.flush()
        let channel = context.channel
        let patience = TimeAmount(limits.writeTime)
        let table = table
        let writing = Task {
            for await piece in pieces {
                let deadline = channel.eventLoop.scheduleTask(in: patience) {
                    channel.close(promise: nil)
                }
                defer { deadline.cancel() }
                table.write(piece.readableBytes, to: channel)
                // Waits for each write, so that a slow reader misses pieces instead of using memory
                // here.
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(piece)))
                table.take(channel, leaving: 0)
            }
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
            try await channel.close()
        }
        channel.closeFuture.whenComplete { _ in writing.cancel() }
    }

    /// Sends the head of a stream, then closes the connection.
    ///
    /// Leaves out the end of the message, which NIO would write as the last chunk of a body.
    private func sendHeadAlone(
        _ response: Response, version: HTTPVersion, _ context: ChannelHandlerContext
    ) {
        sendHead(response, keepsAlive: false, version: version, context)
        context.flush()
        context.close(promise: nil)
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        refuse(
            .sentence(.payloadTooLarge, "request bodies are not supported; use GET"), context)
    }

    /// Sends the last response on this connection, to a request that is not read completely.
    private func refuse(_ response: Response, _ context: ChannelHandlerContext) {
        guard phase == .waiting || phase == .writing else { return context.close(promise: nil) }
        phase = .leaving
        _ = send(response, keepsAlive: false, version: .http1_1, hasBody: true, context)
        close(context, after: Self.leavingTime)
    }

    private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        // The client sends no more, but may still read the responses it asked for.
        isHalfClosed = true
        if phase == .waiting || phase == .leaving { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection cannot carry a response.
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        if error == .headerOverflow {
            refuse(
                .sentence(
                    .requestHeaderFieldsTooLarge,
                    "request headers exceed \(limits.headerBytes) bytes"),
                context)
        } else {
            refuse(.sentence(.badRequest, "not an HTTP/1.1 request"), context)
        }
    }
}
#endif
