#if Exporter
import NIOCore
import NIOPosix

/// The bytes received over a connection.
struct RawResponse: Sendable {
    let status: String
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Splits one response off the front of what a connection carried.
    init?(_ bytes: inout ArraySlice<UInt8>, hasBody: Bool) {
        let end = Array("\r\n\r\n".utf8)
        guard
            let cut = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
        else { return nil }
        let head = String(decoding: bytes[..<cut], as: UTF8.self).split(separator: "\r\n")
        guard let first = head.first else { return nil }
        status = String(first)
        headers = Dictionary(
            head.dropFirst().compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                return (parts[0].lowercased(), String(parts[1].drop { $0 == " " }))
            }, uniquingKeysWith: { "\($0), \($1)" })
        bytes = bytes[(cut + end.count)...]
        let length = hasBody ? Int(headers["content-length"] ?? "") ?? bytes.count : 0
        body = Array(bytes.prefix(length))
        bytes = bytes.dropFirst(length)
    }
}

/// A client that sends bytes as they are and reads until the server closes the connection.
enum LoopbackClient {
    /// `isLast` says that nothing more will be sent.
    static func exchange(
        _ port: Int, _ request: [UInt8], isLast: Bool = false
    ) async throws -> [UInt8] {
        let channel = try await connect(port)
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: request))
            if isLast { outbound.finish() }
            var bytes: [UInt8] = []
            for try await piece in inbound { bytes += piece.readableBytesView }
            return bytes
        }
    }

    /// Connects without sending.
    static func open(_ port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port).get()
    }

    private static func connect(
        _ port: Int
    ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    static func send(
        _ port: Int, _ path: String, method: String = "GET", _ headers: [String: String] = [:]
    ) async throws -> RawResponse? {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"]
        for (name, value) in headers { lines.append("\(name): \(value)") }
        let request = lines.joined(separator: "\r\n") + "\r\n\r\n"
        var bytes = try await exchange(port, Array(request.utf8))[...]
        return RawResponse(&bytes, hasBody: method != "HEAD")
    }
}
#endif
