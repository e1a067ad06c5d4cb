import CgroupModel

/// An amount of memory as users write it: `64MiB`, `1GB`, or bytes as a plain number.
package struct ByteAmount: Sendable {
    /// The amount in bytes.
    package let bytes: UInt64

    /// Parses an amount; nil if it is not one, or zero.
    package init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = String(argument.dropFirst(digits.count))
        guard let number = UInt64(digits),
            let factor = unit.isEmpty ? 1 : ByteUnit(unit)?.bytes
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, product > 0 else { return nil }
        bytes = product
    }

}
