/// Parses numbers in the fields of a `/proc/PID` file; errors state the file's name.
struct ProcessFields {
    let file: String
    let bytes: [UInt8]

    /// Splits a range at blanks and tabs.
    func fields(_ range: Range<Int>) -> [Range<Int>] {
        bytes[range].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .map(\.indices)
    }

    func number(_ field: Range<Int>, radix: UInt64 = 10) throws(ProcessTextError) -> UInt64 {
        var value: UInt64 = 0
        guard !field.isEmpty else { throw error(field.lowerBound, "a number is missing") }
        for place in field {
            guard let digit = digit(bytes[place]), digit < radix else {
                throw error(place, "not a digit")
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { throw error(place, "a number exceeds 64 bits") }
            value = sum
        }
        return value
    }

    func small(_ field: Range<Int>) throws(ProcessTextError) -> UInt32 {
        guard let value = UInt32(exactly: try number(field)) else {
            throw error(field.lowerBound, "a number exceeds 32 bits")
        }
        return value
    }

    func error(_ offset: Int, _ reason: String) -> ProcessTextError {
        ProcessTextError(file: file, offset: offset, reason: reason)
    }

    private func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
