import CgroupModel

/// A value in YAML's flow style, on one line.
indirect enum FlowText: CustomStringConvertible {
    case text(String)
    case list([FlowText])
    /// A mapping; entries without a value are omitted.
    case map([(String, FlowText?)])

    /// Text that the loader parses as the same nodes.
    var description: String {
        switch self {
        case .text(let text): Self.scalar(text)
        case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
        case .map(let entries):
            "{"
                + entries.compactMap { key, value in
                    value.map { "\(Self.scalar(key)): \($0)" }
                }.joined(separator: ", ") + "}"
        }
    }

    /// Formats a scalar: plain if YAML cannot misread it, otherwise in double quotes.
    static func scalar(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "_./-%".unicodeScalars.contains($0)
        }
        if isPlain, let first = text.first, first.isLetter || first.isNumber || first == "/" {
            return text
        }
        return "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": return "\\\(scalar)"
                case " "..."~": return String(scalar)
                default:
                    let hex = String(scalar.value, radix: 16)
                    return "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
                }
            }.joined() + "\""
    }

    static func words(_ texts: [String]) -> FlowText? {
        texts.isEmpty ? nil : .list(texts.map { .text($0) })
    }

    static func flag(_ flag: Bool) -> FlowText { .text("\(flag)") }

    static func time(_ duration: Duration) -> FlowText { .text(DurationText.text(duration)) }

    static func bytes(_ number: UInt64) -> FlowText {
        .text(LimitGrammar.bytes.text(.number(number)))
    }

    /// 0.1 as `10%`.
    static func share(_ share: Double, of unit: String = "%") -> FlowText {
        .text(PlainNumber.text(share, shiftedBy: 2) + unit)
    }
}
