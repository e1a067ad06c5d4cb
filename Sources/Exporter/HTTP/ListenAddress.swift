import CgroupModel

/// An address to listen on: `127.0.0.1:10980`, `[::1]:10980`, `:10980` for all addresses, or
/// `unix:/run/cgwarden/web.sock`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets; empty for all addresses of the machine.
    package let host: String
    /// The TCP port; 0 picks a free one.
    package let port: Int
    /// The path of a Unix socket; nil for TCP.
    package let path: String?

    /// Creates a TCP address; an empty host means all addresses.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
        path = nil
    }

    /// Creates the address of a Unix socket (unix(7)).
    package init(path: String) {
        host = ""
        port = 0
        self.path = path
    }

    /// The longest path of a Unix socket, in bytes.
    private static let longestPath = 107

    /// Parses the text form.
    package init(parsing text: String) throws(ListenAddressError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= Self.longestPath else {
                throw ListenAddressError(text: text)
            }
            self.init(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw ListenAddressError(text: text) }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isBracketed { host = host.dropFirst().dropLast() }
        // Compared as bytes, because a combining character after a bracket would form one Character
        // with it.
        guard
            host.utf8.allSatisfy({ byte in
                (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "[")
                    && byte != UInt8(ascii: "]") && (isBracketed || byte != UInt8(ascii: ":"))
            })
        else { throw ListenAddressError(text: text) }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { throw ListenAddressError(text: text) }
        self.init(host: String(host), port: Int(port))
    }

    /// The text form, which ``init(parsing:)`` accepts.
    package var description: String {
        if let path { return "unix:\(path)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A text that is not an address to listen on.
package struct ListenAddressError: Error, Hashable, CustomStringConvertible {
    /// The text as typed.
    package let text: String

    /// One line: the error and the accepted forms.
    package var description: String {
        "'\(text.onOneLine)' is not a listen address; "
            + "write 127.0.0.1:10980, [::1]:10980, :10980 for every address, or unix:/PATH"
    }
}
