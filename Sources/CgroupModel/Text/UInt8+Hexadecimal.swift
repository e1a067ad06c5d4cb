extension UInt8 {
    /// Whether the byte is `0` to `9` or `a` to `f`, the digits that runtimes and systemd write.
    var isLowerHexDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
