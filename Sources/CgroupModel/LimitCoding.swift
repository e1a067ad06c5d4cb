/// The only place that knows the text of limit files.
///
/// A text has two readings: the value in the unit of the file, which is exact, and the value in the
/// unit of the limit, which may round (shares to a weight) or need another file (a v1 quota).
extension LimitFile.Coding {
    /// The least number that v1 means as unlimited: the largest multiple of a page, or about it.
    private static let endless: UInt64 = 1 << 62

    /// Encodes a value of the limit as the kernel's text; nil if the value alone is not sufficient.
    package func encode(_ value: LimitValue) -> String? {
        switch (self, value) {
        case (.number(let unlimited), .unlimited): unlimited
        case (.number, .number(let number)), (.periodOfQuota, .number(let number)): "\(number)"
        case (.shares, .number(let weight)):
            "\(min(max((weight * 1024 + 50) / 100, 2), 262_144))"
        case (.bfqWeight, .number(let weight)):
            // Keep 1 to 100, and spread 100 to 10000 over 100 to 1000.
            "\(weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900)"
        case (.percent, .unlimited): "max"
        case (.percent, .number(let number)): DecimalText.hundredths(number)
        case (.text, .text(let text)), (.command, .text(let text)): text
        default: nil
        }
    }

    /// Decodes the kernel's text into a value of the limit; nil if it is malformed or not
    /// sufficient.
    package func decode(_ text: String) -> LimitValue? {
        switch self {
        case .quotaAndPeriod: Bandwidth(text)?.cpus
        case .periodOfQuota: Bandwidth(text).map { .number($0.period) }
        case .quota, .swapBeyondMemory: nil
        default: inFile(text).flatMap(value(ofFile:))
        }
    }

    /// Decodes the kernel's text into the unit of the file; nil if it is malformed.
    ///
    /// A quota with its period is a text: `150000 100000`.
    package func inFile(_ text: String) -> LimitValue? {
        switch self {
        case .number(let unlimited):
            if text == "max" || text == unlimited { return .unlimited }
            guard let number = UInt64(text) else { return nil }
            return number >= Self.endless && unlimited != nil ? .unlimited : .number(number)
        case .swapBeyondMemory: return Self.number(unlimited: "max").inFile(text)
        case .quota: return text.hasPrefix("-") ? .unlimited : UInt64(text).map { .number($0) }
        case .shares, .bfqWeight: return UInt64(text).map { .number($0) }
        case .quotaAndPeriod, .periodOfQuota: return Bandwidth(text).map { .text($0.unifiedText) }
        case .percent:
            if text == "max" { return .unlimited }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].utf8.count == 2, let whole = UInt64(parts[0]),
                let rest = UInt64(parts[1]), whole < 100
            else { return text == "100.00" ? .unlimited : nil }
            return .number(whole * 100 + rest)
        case .text, .command: return .text(text)
        }
    }

    /// Converts a number from the unit of the file to that of the limit; nil if it is not
    /// sufficient.
    package func value(ofFile value: LimitValue) -> LimitValue? {
        switch (self, value) {
        case (.shares, .number(let shares)): .number(Self.weight(ofShares: shares))
        case (.bfqWeight, .number(let weight)):
            .number(weight <= 100 ? weight : 100 + (min(weight, 1000) - 100) * 9900 / 900)
        case (.periodOfQuota, .number): value
        case (.quotaAndPeriod, _), (.periodOfQuota, _), (.quota, _), (.swapBeyondMemory, _): nil
        default: value
        }
    }

    /// Converts v1 shares to a v2 weight: 1024 is 100.
    private static func weight(ofShares shares: UInt64) -> UInt64 {
        min(max((min(shares, 262_144) * 100 + 512) / 1024, 1), 10000)
    }
}
