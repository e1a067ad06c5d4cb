#if Exporter
internal import NIOCore

/// The peer of a connection.
struct Client: Sendable {
    /// The name under which connections and password checks are counted; empty for a Unix socket.
    ///
    /// An IPv6 client is counted by the first half of its address, because one machine may own all
    /// of a /64.
    let name: String
    /// Whether DNS rebinding could have sent a browser here.
    ///
    /// It cannot send one to a Unix socket, nor over TLS, where the certificate would not match.
    let mayBeMisled: Bool

    init(address: String?, isEncrypted: Bool) {
        name = address.map(Self.name) ?? ""
        mayBeMisled = address != nil && !isEncrypted
    }

    /// Shortens the address, as inet_ntop(3) writes it, to the part that one machine cannot vary.
    private static func name(_ address: String) -> String {
        guard address.contains(":") else { return address }
        // An IPv4 address mapped to IPv6, from a dual-stack socket.
        if address.contains("."), let colon = address.lastIndex(of: ":") {
            return String(address[address.index(after: colon)...])
        }
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        let gap = parts.firstIndex(of: "") ?? parts.count
        let first = parts[..<min(gap, 4)].map(String.init)
        return (first + Array(repeating: "0", count: 4 - first.count)).joined(separator: ":")
    }
}
#endif
