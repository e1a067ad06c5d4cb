extension [UInt8] {
    /// Appends a whole number in decimal digits.
    package mutating func append(decimal number: UInt64) {
        let start = count
        var rest = number
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var (left, right) = (start, count - 1)
        while left < right {
            swapAt(left, right)
            left += 1
            right -= 1
        }
    }

    /// Appends a whole number that may be negative.
    package mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude)
    }

    /// Appends a number with three decimals, as ``DecimalText/fixed(_:places:)`` formats it.
    package mutating func append(thousandths number: Double) {
        let scaled = (number.magnitude * 1000).rounded()
        guard number.isFinite, scaled < 9e18 else {
            append(contentsOf: DecimalText.fixed(number, places: 3).utf8)
            return
        }
        let whole = UInt64(scaled)
        if number < 0, whole > 0 { append(UInt8(ascii: "-")) }
        append(decimal: whole / 1000)
        append(UInt8(ascii: "."))
        let rest = whole % 1000
        for digit in [rest / 100, rest / 10 % 10, rest % 10] {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
        }
    }

    /// Appends hundredths as the kernel prints them: 1234 is `12.34`.
    package mutating func append(hundredths value: UInt64) {
        append(decimal: value / 100)
        append(UInt8(ascii: "."))
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
