/// The URL of a server: `http://HOST[:PORT]/PATH` or `https://…`.
package struct WebURL: Hashable, Sendable {
    /// Whether the connection is encrypted and the server's certificate is checked.
    package let isSecure: Bool
    /// The name or address, without the brackets of an IPv6 address.
    package let host: String
    /// The port.
    package let port: Int
    /// The path and query in the request.
    package let target: String

    /// Parses a URL.
    ///
    /// Nil for another scheme, user information, a fragment or an invalid character.
    package init?(_ text: String) {
        guard let colon = text.firstRange(of: "://") else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !text.contains("#") else {
            return nil
        }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let path = rest[end...]
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
        guard let (host, port) = Self.authority(rest[..<end]) else { return nil }
        guard !host.isEmpty, !host.contains("@") else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
    }

    private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<bracket]
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard let port else { return (String(host), nil) }
        // Int would accept a sign.
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
            (1...65535).contains(number)
        else { return nil }
        return (String(host), number)
    }

    /// Whether the host is an IP address, for which no TLS server name is sent.
    package var isAddress: Bool {
        host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Whether the host is this one, so that no traffic leaves it.
    package var isLoopback: Bool {
        if ["localhost", "::1"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return isAddress && parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The `Host` header.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
