#if Exporter
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A reader of the stream of events, which may also stop reading.
final class StreamClient: Sendable {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let client: StreamClient

        init(_ client: StreamClient) { self.client = client }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            client.received.withLock { $0.take(&bytes) }
        }
    }

    /// The received lines, without very long ones.
    private struct Received {
        private static let longestLine = 100_000
        var text = ""
        private var line: [UInt8] = []

        mutating func take(_ bytes: inout ByteBuffer) {
            while bytes.readableBytes > 0 {
                let view = bytes.readableBytesView
                let end = view.firstIndex(of: 10).map { $0 + 1 }
                let part = view[..<(end ?? view.endIndex)]
                if line.count < Self.longestLine { line += part }
                bytes.moveReaderIndex(forwardBy: part.count)
                guard end != nil else { continue }
                text +=
                    line.count < Self.longestLine
                    ? String(decoding: line, as: UTF8.self) : "(a long line)\n"
                line.removeAll()
            }
        }
    }

    private let received = Mutex(Received())
    private let channel = Mutex<(any Channel)?>(nil)

    /// Asks for a stream.
    init(
        _ port: Int, method: String = "GET", path: String = "/api/v1/stream",
        _ headers: [String: String] = [:], reads: Bool = true
    ) async throws {
        let opened = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: 16 * 1024)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(self))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.withLock { $0 = opened }
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"]
        let request = (lines + headers.map { "\($0): \($1)" }).map { $0 + "\r\n" }.joined() + "\r\n"
        try await opened.writeAndFlush(ByteBuffer(string: request))
    }

    /// All that came so far, head and chunks.
    var text: String { received.withLock { $0.text } }

    /// The events without the frames of the transfer coding, which begin and end lines.
    var events: [String] {
        text.components(separatedBy: "\r\n").filter {
            $0.hasPrefix("event: ") && $0.hasSuffix("\n\n")
        }
    }

    /// The numbers of the samples that came.
    var ticks: [Int] {
        events.compactMap { event in
            let line = event.split(separator: "\n").first { $0.hasPrefix("id: ") }
            return line.flatMap { Int($0.dropFirst(4)) }
        }
    }

    /// The numbers of the events that came, in pieces of any size.
    var serials: [Int] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix("id: ") ? Int(line.dropFirst(4)) : nil
        }
    }

    func read() async throws {
        try await channel.withLock { $0 }?.setOption(.autoRead, value: true).get()
    }

    func leave() async throws { try await channel.withLock { $0 }?.close() }

    /// Waits for the server to close the connection.
    func end() async throws { try await channel.withLock { $0 }?.closeFuture.get() }

    /// Waits until something has come.
    func wait(_ what: String, _ condition: @Sendable (StreamClient) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while !condition(self) {
            guard ContinuousClock.now < end else {
                throw ProgramTrouble("still no \(what); it has \(text.suffix(300))")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
#endif
