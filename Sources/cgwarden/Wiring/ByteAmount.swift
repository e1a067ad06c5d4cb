import ArgumentParser
import CgroupModel

/// An amount of memory on the command line: `64MiB`, `1GB`, or bytes as a plain number.
struct ByteAmount: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = String(argument.dropFirst(digits.count))
        guard let number = UInt64(digits),
            let factor = unit.isEmpty ? 1 : ByteUnit(unit)?.bytes
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, product > 0 else { return nil }
        bytes = product
    }

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
