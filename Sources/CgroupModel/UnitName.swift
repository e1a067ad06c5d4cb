/// How systemd writes the names of units, and of their cgroups.
public enum UnitName {
    /// The endings of units that have a cgroup.
    private static let suffixes = [
        ".slice", ".service", ".scope", ".mount", ".socket", ".swap",
    ]

    /// Whether a cgroup of this name can be a unit's.
    public static func isUnit(_ name: String) -> Bool {
        suffixes.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }

    /// The unit of a cgroup's name: systemd puts `_` before one that would look like an interface
    /// file (`_memory.service`).
    public static func ofCgroup(_ name: String) -> String {
        name.hasPrefix("_") ? String(name.dropFirst()) : name
    }

    /// The user of `user@UID.service`, whose systemd instance that is.
    public static func user(ofManager name: String) -> UInt32? {
        guard name.hasPrefix("user@"), name.hasSuffix(".service") else { return nil }
        return UInt32(name.dropFirst("user@".count).dropLast(".service".count))
    }

    /// A name for people: `dev-disk-by\x2duuid.swap` is `dev-disk-by-uuid.swap`.
    ///
    /// Only for display, since two units may then look the same; whoever names a unit to systemd, or
    /// joins labels with those of another exporter, needs systemd's own spelling. An escaped control
    /// character stays escaped.
    public static func readable(_ name: String) -> String {
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
        // Control characters are escaped again here.
        return PrintableText.text(result)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy(\.isLowerHexDigit) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

extension UInt8 {
    /// `0` to `9` and `a` to `f`, as runtimes and systemd write them.
    var isLowerHexDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
