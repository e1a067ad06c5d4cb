internal import CgroupModel

/// The host names that requests may use to reach this server.
///
/// A web page can point its own name at this machine's address (DNS rebinding). A visitor's browser
/// would then read the responses on behalf of that page. The Host header has the name that the
/// browser used. A numeric address is safe, because no one else controls where it leads.
struct AllowedHosts: Sendable {
    /// The operator's patterns: `node7.example.org`, `*.example.org`, `*` for any.
    private let patterns: [String]
    /// The names that are always allowed: `localhost`, the machine's own name in full and in short,
    /// and the names that the server listens on.
    private let names: Set<String>

    init(_ patterns: [String], machine: String, listening: [String]) {
        self.patterns = patterns.map(Self.folded)
        let short = machine.prefix { $0 != "." }
        names = Set((["localhost", machine, String(short)] + listening).map(Self.folded))
            .subtracting([""])
    }

    /// Whether the text is a valid pattern: a name, a domain after `*.`, or `*`.
    static func isPattern(_ text: String) -> Bool {
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        return text == "*" || Authority(name).map { $0.port.isEmpty && name == $0.host } ?? false
    }

    /// Whether a request may use this host.
    func contains(_ host: Authority) -> Bool {
        let name = Self.folded(host.host)
        return host.isAddress || names.contains(name) || name.hasSuffix(".localhost")
            || lists(host)
    }

    /// Whether one of the operator's patterns matches this host.
    func lists(_ host: Authority) -> Bool {
        let name = Self.folded(host.host)
        return patterns.contains { pattern in
            pattern == "*" || pattern == name
                || pattern.hasPrefix("*.") && name.hasSuffix(pattern.dropFirst())
        }
    }

    /// Lowercases a name and drops the dot of the DNS root.
    private static func folded(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}

/// A host and port as in a URL: `node7:10980`, `127.0.0.1`, `[::1]:10980`.
struct Authority: Hashable, Sendable {
    /// The host without the brackets of an IPv6 address.
    let host: String
    /// The digits of the port; empty for the scheme's default port.
    let port: String
    /// Whether the host is a numeric address.
    let isAddress: Bool

    /// Returns nil if the text is not a host with an optional port.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isBracketed = bytes.first == UInt8(ascii: "[")
        let hostEnd =
            isBracketed
            ? bytes.firstIndex(of: UInt8(ascii: "]"))
            : bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
        guard let hostEnd else { return nil }
        let inside = bytes[(isBracketed ? 1 : 0)..<hostEnd]
        let rest = bytes[(hostEnd + (isBracketed ? 1 : 0))...]
        guard !inside.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: ":"),
            rest.dropFirst().allSatisfy(\.isDigit),
            inside.allSatisfy({ isBracketed ? Self.isAddressByte($0) : Self.isNameByte($0) })
        else { return nil }
        host = String(decoding: inside, as: UTF8.self)
        port = String(decoding: rest.dropFirst(), as: UTF8.self)
        isAddress = isBracketed || Self.isDotted(host)
    }

    /// Whether the byte is a letter, a digit, `-`, `.` or `_`.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "-._".utf8.contains(byte)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte.isHexDigit || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// Whether the text is four decimal numbers; browsers convert every other form of an IPv4
    /// address to this one.
    private static func isDotted(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy(\.isDigit) && UInt8(part) != nil
            }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
