#if Exporter
internal import NIOCore

/// Who is at the other end of a connection.
struct Client: Sendable {
    /// What it is counted as: an address, the first half of one of IPv6, of which one machine may have
    /// all, or nothing for a socket in the file system.
    let name: String
    /// Whether a browser may have come here by a name that somebody else made lead here: neither to a
    /// socket in the file system nor, as the certificate would not fit, over TLS.
    let mayBeMisled: Bool

    init(address: String?, isEncrypted: Bool) {
        name = address.map(Self.name) ?? ""
        mayBeMisled = address != nil && !isEncrypted
    }

    /// The address as inet_ntop(3) writes it, without what differs within one machine.
    private static func name(_ address: String) -> String {
        guard address.contains(":") else { return address }
        // One of IPv4 that came in over a socket for both.
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
