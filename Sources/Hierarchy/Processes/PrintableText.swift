import CgroupModel

/// Text that a process chose itself, made safe for a terminal.
enum PrintableText {
    /// Escapes control characters and those that turn the direction of writing; a byte that is not
    /// UTF-8 is written `\xNN`.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var result = ""
        for scalar in CgroupPath.text(bytes).unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where isUnsafe(scalar):
                let hex = String(scalar.value, radix: 16)
                result +=
                    scalar.value < 0x80
                    ? "\\x" + (hex.count == 1 ? "0" : "") + hex : "\\u{" + hex + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
    }
}
