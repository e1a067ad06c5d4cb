internal import CgroupModel

/// Numbers and escaped text, appended as bytes.
///
/// Formatting through `String` would cost several times the rest of a scrape.
extension Array where Element == UInt8 {
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    mutating func append(decimal number: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number
        var start = 20
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        for place in start..<20 { append(digits[place]) }
    }

    /// Appends `number` / `scale` exactly, without trailing zeros; `scale` is a power of ten.
    mutating func append(_ number: UInt64, dividedBy scale: UInt64) {
        guard scale > 1 else { return append(decimal: number) }
        let (whole, part) = number.quotientAndRemainder(dividingBy: scale)
        append(decimal: whole)
        guard part > 0 else { return }
        append(UInt8(ascii: "."))
        var rest = part
        var place = scale / 10
        while rest > 0 {
            let (digit, remainder) = rest.quotientAndRemainder(dividingBy: place)
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = remainder
            place /= 10
        }
    }

    /// Appends a label value; escapes control characters as the rest of the program does.
    mutating func append(labelValue text: String) { append(text.onOneLine, escapingQuotes: true) }

    /// Appends a HELP text; only OpenMetrics escapes quotes in it.
    mutating func append(help text: String, _ format: ExpositionFormat) {
        append(text, escapingQuotes: format == .openMetrics)
    }

    private mutating func append(_ text: String, escapingQuotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(#"\\"#)
            case UInt8(ascii: "\n"): append(#"\n"#)
            case UInt8(ascii: "\"") where escapingQuotes: append(#"\""#)
            default: append(byte)
            }
        }
    }
}
