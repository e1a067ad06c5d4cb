#if Exporter
internal import Glibc
internal import KernelIO
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOPosix

/// A listening socket and the helper that tracks its connections.
struct Listener: Sendable {
    let channel: any Channel
    let connections: ServerQuiescingHelper
    /// The address with the actual port.
    let address: ListenAddress
}

/// Opens sockets and sets up each connection.
struct Listening: Sendable {
    let door: FrontDoor
    let limits: ConnectionLimits
    let table: ConnectionTable

    /// The event loop: one thread, because it only moves bytes and all other work is done
    /// elsewhere.
    ///
    /// It is never shut down. A response can outlive its connection and must find the loop that it
    /// was requested on.
    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Listens on all addresses, or on none if one of them fails.
    func all(_ addresses: [ListenAddress]) async throws -> [Listener] {
        var listeners: [Listener] = []
        do {
            for address in addresses { listeners.append(try await one(address)) }
        } catch {
            for listener in listeners { try? await listener.channel.close() }
            throw error
        }
        return listeners
    }

    /// Takes over the sockets that systemd opened.
    func passed() async throws -> [Listener] {
        let sockets: [Int32]
        do {
            sockets = try PassedSockets.take()
        } catch {
            throw ServerError.passedSockets(error.description)
        }
        var listeners: [Listener] = []
        for socket in sockets {
            do {
                listeners.append(
                    try await listener(ListenAddress(host: "", port: 0)) {
                        $0.withBoundSocket(socket)
                    })
            } catch {
                throw ServerError.passedSockets("\(error)")
            }
        }
        return listeners
    }

    private func one(_ address: ListenAddress) async throws -> Listener {
        do {
            if let path = address.path { return try await local(path) }
            guard address.host.isEmpty else { return try await tcp(address.host, address) }
            do {
                // A socket on :: accepts IPv4 as well.
                return try await tcp("::", address)
            } catch let error as NIOCore.IOError
                where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode)
            {
                return try await tcp("0.0.0.0", address)
            }
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError(error, at: address)
        }
    }

    private func tcp(_ host: String, _ address: ListenAddress) async throws -> Listener {
        try await listener(address) { $0.bind(host: host, port: address.port) }
    }

    private func local(_ path: String) async throws -> Listener {
        let address = ListenAddress(path: path)
        // A socket that no one answers is left over from a dead process.
        if LocalConnection.isAnswered(at: path) { throw ServerError.addressInUse(address) }
        return try await listener(address) {
            $0.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
        }
    }

    private func listener(
        _ address: ListenAddress,
        _ open: (ServerBootstrap) -> EventLoopFuture<any Channel>
    ) async throws -> Listener {
        let connections = ServerQuiescingHelper(group: Self.loops)
        let channel = try await open(bootstrap(connections)).get()
        let taken = channel.localAddress
        return Listener(
            channel: channel, connections: connections,
            address: taken?.pathname.map(ListenAddress.init(path:))
                ?? ListenAddress(host: address.host, port: taken?.port ?? address.port))
    }

    private func bootstrap(_ connections: ServerQuiescingHelper) -> ServerBootstrap {
        ServerBootstrap(group: Self.loops)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        connections.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer(prepare)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }

    /// Checks for changed files first, so a new connection gets the new certificate.
    private func prepare(_ channel: any Channel) -> EventLoopFuture<Void> {
        let address = channel.remoteAddress?.ipAddress
        let name = Client(address: address, isEncrypted: false).name
        guard table.admit(channel, of: name) else { return channel.close() }
        let table = table
        channel.closeFuture.whenComplete { _ in table.remove(channel) }
        let access = door.access
        return channel.eventLoop.makeFutureWithTask { await access.current().security }
            .flatMapThrowing { try addHandlers(to: channel, $0) }
    }

    private func addHandlers(to channel: any Channel, _ security: TLSContext?) throws {
        let pipeline = channel.pipeline.syncOperations
        if let security {
            try pipeline.addHandler(security.handler())
            if security.checksNames { try pipeline.addHandler(ClientNameCheck(security)) }
        }
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = limits.headerBytes
        try pipeline.configureHTTPServerPipeline(
            withErrorHandling: false, withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: decoding)
        let client = Client(
            address: channel.remoteAddress?.ipAddress, isEncrypted: security != nil)
        try pipeline.addHandler(RequestHandler(door, client, limits, table))
    }
}
#endif
