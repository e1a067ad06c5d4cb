internal import CgroupModel

/// The names by which this server may be asked for.
///
/// A web page can have its own name resolve to this machine's address, and would then read what is
/// served here with its visitor's browser (DNS rebinding). The browser says by which name it came. An
/// address is safe, since nobody else decides where it leads.
struct AllowedHosts: Sendable {
    /// The names of the operator: `node7.example.org`, `*.example.org`, `*` for any.
    private let patterns: [String]
    /// What needs no permission: `localhost`, the machine's own name, names that it listens at.
    private let names: Set<String>

    init(_ patterns: [String], machine: String, listening: [String]) {
        self.patterns = patterns.map(Self.folded)
        let short = machine.prefix { $0 != "." }
        names = Set((["localhost", machine, String(short)] + listening).map(Self.folded))
            .subtracting([""])
    }

    /// Whether the operator may write this: a name, a domain behind `*.`, or `*`.
    static func isPattern(_ text: String) -> Bool {
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        return text == "*" || Authority(name).map { $0.port.isEmpty && name == $0.host } ?? false
    }

    /// Whether a request may name this host.
    func contains(_ host: Authority) -> Bool {
        let name = Self.folded(host.host)
        return host.isAddress || names.contains(name) || name.hasSuffix(".localhost")
            || lists(host)
    }

    /// Whether the operator names this host.
    func lists(_ host: Authority) -> Bool {
        let name = Self.folded(host.host)
        return patterns.contains { pattern in
            pattern == "*" || pattern == name
                || pattern.hasPrefix("*.") && name.hasSuffix(pattern.dropFirst())
        }
    }

    /// Names differ neither by case nor by the dot of the root.
    private static func folded(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}

/// A host with its port as a URL has it: `node7:10980`, `127.0.0.1`, `[::1]:10980`.
struct Authority: Hashable, Sendable {
    /// Without the brackets of an address.
    let host: String
    /// Empty for the usual one.
    let port: String
    /// Whether it is a numeric address.
    let isAddress: Bool

    /// Nil for a text that is none.
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
            rest.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }),
            inside.allSatisfy({ isBracketed ? Self.isAddressByte($0) : Self.isNameByte($0) })
        else { return nil }
        host = String(decoding: inside, as: UTF8.self)
        port = String(decoding: rest.dropFirst(), as: UTF8.self)
        isAddress = isBracketed || Self.isDotted(host)
    }

    /// Letters, digits, and what DNS allows beside them.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte.isHexDigit || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// Four decimal numbers; browsers turn every other form of an address into this one.
    private static func isDotted(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
