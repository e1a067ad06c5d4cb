/// Formats numbers as text.
package enum DecimalText {
    /// Formats a number with a fixed number of decimals.
    ///
    /// A number of at least 9e18 units of the last decimal has no decimals, and may have an
    /// exponent. A number that is not finite becomes `0`.
    package static func fixed(_ number: Double, places: Int) -> String {
        guard number.isFinite else { return "0" }
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let scaled = (number.magnitude * scale).rounded()
        guard scaled < 9e18 else {
            return Int64(exactly: number.rounded()).map { "\($0)" } ?? "\(number)"
        }
        let whole = UInt64(scaled) / UInt64(scale)
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let rest = String(UInt64(scaled) % UInt64(scale))
        let padding = String(repeating: "0", count: places - rest.count)
        return "\(sign)\(whole).\(padding)\(rest)"
    }

    /// Formats hundredths as the kernel prints them: 1234 is `12.34`.
    package static func hundredths(_ value: UInt64) -> String {
        let rest = value % 100
        return "\(value / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Formats bytes in the largest suitable binary unit: `1.5M`, `312K`, `17`.
    package static func bytes(_ value: Double) -> String {
        let units = ["", "K", "M", "G", "T", "P", "E"]
        let (number, unit) = scaled(value, to: units, below: 1023.5)
        return fixed(number, places: unit == 0 || number >= 99.95 ? 0 : 1) + units[unit]
    }

    /// Formats bytes with one decimal in the largest suitable binary unit; the first unit is the
    /// byte, which has no decimals.
    package static func bytes(_ value: UInt64, in units: [String]) -> String {
        let (number, unit) = scaled(Double(value), to: units, below: 1023.95)
        return fixed(number, places: unit == 0 ? 0 : 1) + units[unit]
    }

    /// Divides by 1024 as long as the number would be printed as 1024 or more, which is from
    /// `bound` on, and a larger unit is left.
    private static func scaled(
        _ bytes: Double, to units: [String], below bound: Double
    ) -> (number: Double, unit: Int) {
        var number = bytes
        var unit = 0
        while number >= bound, unit < units.count - 1 {
            number /= 1024
            unit += 1
        }
        return (number, unit)
    }
}
