/// An amount of memory as users write it: `64MiB`, `1GB`, or bytes as a plain number.
package struct ByteAmount: Sendable {
    /// The amount in bytes.
    package let bytes: UInt64

    /// Parses an amount; nil if it is not one, or zero.
    package init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = String(argument.dropFirst(digits.count))
        guard let number = UInt64(digits), let factor = Self.units[unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, product > 0 else { return nil }
        bytes = product
    }

    private static let units: [String: UInt64] = [
        "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
        "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    ]
}
