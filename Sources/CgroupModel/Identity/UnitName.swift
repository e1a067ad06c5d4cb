/// The names of systemd units and of their cgroups.
package enum UnitName {
    /// The suffixes of units that have a cgroup.
    private static let suffixes = [
        ".slice", ".service", ".scope", ".mount", ".socket", ".swap",
    ]

    /// Whether a cgroup with this name may belong to a unit.
    package static func isUnit(_ name: String) -> Bool {
        suffixes.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }

    /// The unit name for a cgroup's name.
    ///
    /// systemd adds `_` before a name that looks like an interface file (`_memory.service`).
    package static func ofCgroup(_ name: String) -> String {
        name.hasPrefix("_") ? String(name.dropFirst()) : name
    }

    /// The user whose systemd instance is `user@UID.service`; nil for other names.
    package static func user(ofManager name: String) -> UInt32? {
        guard name.hasPrefix("user@"), name.hasSuffix(".service") else { return nil }
        return UInt32(name.dropFirst("user@".count).dropLast(".service".count))
    }

    /// Unescapes a name for display: `dev-disk-by\x2duuid.swap` is `dev-disk-by-uuid.swap`.
    ///
    /// Two units may then look the same. Use systemd's own spelling to refer to a unit in systemd,
    /// or to join labels with those of another exporter. Escaped control characters stay escaped.
    package static func readable(_ name: String) -> String {
        guard name.contains("\\x") else { return name }
        var result: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let code = hexadecimal(rest.dropFirst().prefix(2))
            else {
                result.append(byte)
                continue
            }
            result.append(code)
            rest = rest.dropFirst(3)
        }
        // Escapes control characters again.
        return PrintableText.text(result)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy(\.isLowerHexDigit) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
