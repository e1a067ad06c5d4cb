/// The only place that knows the text of limit files.
///
/// A text has two readings: the value in the unit of the file, which is exact, and the value in the
/// unit of the limit, which may round (shares to a weight) or need another file (a v1 quota).
extension LimitFile.Coding {
    /// Encodes a value of the limit as the kernel's text; nil if the value alone is not sufficient.
    package func encode(_ value: LimitValue) -> String? {
        stored(for: value).flatMap(text(ofStored:))
    }

    /// Decodes the kernel's text into a value of the limit; nil if it is malformed or not
    /// sufficient.
    package func decode(_ text: String) -> LimitValue? {
        switch self {
        case .quotaAndPeriod: Bandwidth(text)?.cpus
        case .periodOfQuota: Bandwidth(text).map { .number($0.period) }
        case .quota, .swapBeyondMemory: nil
        default: stored(text).flatMap(value(ofStored:))
        }
    }

    /// Decodes the kernel's text into the unit of the file; nil if it is malformed.
    ///
    /// A quota with its period is a text: `150000 100000`.
    package func stored(_ text: String) -> LimitValue? {
        switch self {
        case .number(let unlimited):
            if text == LimitValue.unlimitedText || text == unlimited { return .unlimited }
            guard let number = UInt64(text) else { return nil }
            return number >= LimitValue.endless && unlimited != nil ? .unlimited : .number(number)
        case .swapBeyondMemory: return Self.number(unlimited: LimitValue.unlimitedText).stored(text)
        case .quota: return text.hasPrefix("-") ? .unlimited : UInt64(text).map { .number($0) }
        case .shares, .bfqWeight: return UInt64(text).map { .number($0) }
        case .quotaAndPeriod, .periodOfQuota: return Bandwidth(text).map { .text($0.unifiedText) }
        case .percent:
            if text == LimitValue.unlimitedText { return .unlimited }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].utf8.count == 2, let whole = UInt64(parts[0]),
                let rest = UInt64(parts[1]), whole < 100
            else { return text == "100.00" ? .unlimited : nil }
            return .number(whole * 100 + rest)
        case .text, .command: return .text(text)
        }
    }

    /// Encodes a value in the unit of the file as the kernel's text; nil if there is always a limit.
    package func text(ofStored value: LimitValue) -> String? {
        switch (self, value) {
        case (.number(let unlimited), .unlimited): unlimited
        case (.quota, .unlimited): "-1"
        case (.percent, .unlimited), (.swapBeyondMemory, .unlimited): LimitValue.unlimitedText
        case (.percent, .number(let number)): DecimalText.hundredths(number)
        case (_, .number(let number)): "\(number)"
        case (_, .text(let text)): text
        default: nil
        }
    }

    /// Converts a value of the limit to the unit of the file; nil if it is not sufficient.
    package func stored(for value: LimitValue) -> LimitValue? {
        switch (self, value) {
        case (.number(let unlimited), .unlimited): unlimited.map { _ in .unlimited }
        case (.number, .number), (.periodOfQuota, .number), (.percent, .number),
            (.percent, .unlimited), (.text, .text), (.command, .text):
            value
        case (.shares, .number(let weight)):
            .number(min(max((weight * 1024 + 50) / 100, 2), 262_144))
        case (.bfqWeight, .number(let weight)):
            // Keep 1 to 100, and spread 100 to 10000 over 100 to 1000.
            .number(weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900)
        default: nil
        }
    }

    /// Converts a number from the unit of the file to that of the limit; nil if it is not
    /// sufficient.
    package func value(ofStored value: LimitValue) -> LimitValue? {
        switch (self, value) {
        case (.shares, .number(let shares)): .number(Self.weight(ofShares: shares))
        case (.bfqWeight, .number(let weight)):
            .number(weight <= 100 ? weight : 100 + (min(weight, 1000) - 100) * 9900 / 900)
        case (.periodOfQuota, .number): value
        case (.quotaAndPeriod, _), (.periodOfQuota, _), (.quota, _), (.swapBeyondMemory, _): nil
        default: value
        }
    }

    /// Whether two texts are the same value.
    package func isSame(_ left: String, _ right: String) -> Bool {
        left == right || stored(left).map { $0 == stored(right) } ?? false
    }

    /// Decodes a text for a comparison with another text of the file: in the unit of the limit, or
    /// in that of the file where the text alone is not sufficient.
    package func comparable(_ text: String) -> LimitValue? { decode(text) ?? stored(text) }

    /// The text for display: `max` for each text that means unlimited, `(empty)` for an empty one.
    package func shown(_ text: String) -> String {
        text.isEmpty ? "(empty)" : stored(text) == .unlimited ? LimitValue.unlimitedText : text
    }

    /// Converts v1 shares to a v2 weight: 1024 is 100.
    package static func weight(ofShares shares: UInt64) -> UInt64 {
        min(max((min(shares, 262_144) * 100 + 512) / 1024, 1), 10000)
    }
}
