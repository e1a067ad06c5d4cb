#if Exporter
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

extension NIOSSLCertificate {
    /// Its alternative names of all kinds: DNS, e-mail, URI, and addresses as people write them.
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

/// Lets nobody through whose certificate has none of the allowed names.
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

    /// Closing takes a while, in which the client may go on.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAllowed { context.fireChannelRead(data) }
    }
}
#endif
