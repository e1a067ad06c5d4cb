internal import CgroupModel

/// Formats numbers as decimal text without an exponent that parses as the same number.
enum PlainNumber {
    /// The number times a power of ten, shifted in the digits without rounding.
    static func text(_ value: Double, shiftedBy shift: Int = 0) -> String {
        let parts = value.magnitude.description.split(separator: "e")
        let sides = (parts.first ?? "0").split(separator: ".")
        let whole = String(sides.first ?? "0")
        var fraction = sides.count > 1 ? String(sides[1]) : ""
        if fraction == "0" { fraction = "" }
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let point = whole.count + exponent + shift
        var digits = whole + fraction
        if point <= 0 { digits = String(repeating: "0", count: 1 - point) + digits }
        let split = max(point, 1)
        if digits.count < split { digits += String(repeating: "0", count: split - digits.count) }
        var left = digits.prefix(split).drop { $0 == "0" }
        if left.isEmpty { left = "0" }
        var right = digits.dropFirst(split)
        while right.last == "0" { right.removeLast() }
        return (value < 0 ? "-" : "") + left + (right.isEmpty ? "" : ".\(right)")
    }

    /// Reads digits with an optional fraction, times a power of ten; nil for anything else.
    static func value(_ text: some StringProtocol, shiftedBy shift: Int = 0) -> Double? {
        let sides = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(sides.count), text.utf8.count <= 40,
            sides.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) })
        else { return nil }
        return Double("\(text)e\(shift)")
    }

    /// Rounds to twelve digits, so that multiples of 0.9 stay readable.
    static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        var exponent = 0
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            exponent += 1
        }
        while rest < 1 {
            rest *= 10
            exponent -= 1
        }
        let shift = 11 - exponent
        let digits = PlainNumber.value(text(value.magnitude), shiftedBy: shift)?.rounded()
        let result = digits.flatMap { self.value(text($0), shiftedBy: -shift) }
        return result.map { value < 0 ? -$0 : $0 } ?? value
    }
}
