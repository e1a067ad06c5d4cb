#if Exporter
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

extension NIOSSLCertificate {
    /// The DNS, e-mail and URI alternative names, and the IP addresses in text form.
    var alternativeNames: [String] {
        _subjectAlternativeNames().compactMap { name in
            let bytes = Array(name.contents)
            guard name.nameType == .ipAddress else {
                let isText = [.dnsName, .email, .uri].contains(name.nameType)
                return isText ? String(validating: bytes, as: UTF8.self) : nil
            }
            return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress
        }
    }
}

/// Closes the connection of a client whose certificate has none of the allowed names.
final class ClientNameCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let security: TLSContext
    private var isAllowed = false

    init(_ security: TLSContext) { self.security = security }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            isAllowed = security.allows(certificate ?? nil)
            if !isAllowed { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Drops data from a rejected client, which can keep sending until the connection closes.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAllowed { context.fireChannelRead(data) }
    }
}
#endif
