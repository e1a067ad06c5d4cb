import ArgumentParser
import CgroupModel

/// An amount of memory on the command line: `64MiB`, `1GB`, or bytes as a plain number.
struct ByteAmount: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
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

    /// Formats an amount: `63.9 MiB`.
    static func text(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        return "\(DecimalText.fixed(value, places: index == 0 ? 0 : 1)) \(units[index])"
    }
}
