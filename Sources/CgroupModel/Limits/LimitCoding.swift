extension LimitFile.Coding {
    /// Encodes a value as the kernel's text; nil if the value alone is not sufficient.
    package func text(_ value: LimitValue) -> String? {
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

    /// Decodes the kernel's text; nil if it is malformed or not sufficient.
    package func value(_ text: String) -> LimitValue? {
        switch self {
        case .number(let unlimited):
            if text == "max" || text == unlimited { return .unlimited }
            guard let number = UInt64(text) else { return nil }
            return number >= 1 << 62 && unlimited != nil ? .unlimited : .number(number)
        case .shares:
            guard let shares = UInt64(text) else { return nil }
            return .number(Self.weight(ofShares: shares))
        case .bfqWeight:
            guard let weight = UInt64(text) else { return nil }
            return .number(weight <= 100 ? weight : 100 + (min(weight, 1000) - 100) * 9900 / 900)
        case .quotaAndPeriod: return Bandwidth(text)?.cpus
        case .periodOfQuota: return Bandwidth(text).map { .number($0.period) }
        case .percent:
            if text == "max" { return .unlimited }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].utf8.count == 2, let whole = UInt64(parts[0]),
                let rest = UInt64(parts[1]), whole < 100
            else { return text == "100.00" ? .unlimited : nil }
            return .number(whole * 100 + rest)
        case .text, .command: return .text(text)
        case .quota, .swapBeyondMemory: return nil
        }
    }

    /// Converts v1 shares to a v2 weight: 1024 is 100.
    package static func weight(ofShares shares: UInt64) -> UInt64 {
        min(max((min(shares, 262_144) * 100 + 512) / 1024, 1), 10000)
    }
}

/// A CPU quota and its period in microseconds.
package struct Bandwidth: Hashable {
    /// Nil means unlimited.
    package var quota: UInt64?
    /// Never 0.
    package var period: UInt64

    /// Creates a bandwidth; a quota of nil is unlimited.
    package init(quota: UInt64?, period: UInt64) {
        self.quota = quota
        self.period = period
    }

    /// Parses v2 `cpu.max`: `150000 100000` or `max 100000`.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let period = UInt64(words[1]), period > 0 else { return nil }
        guard words[0] == "max" || UInt64(words[0]) != nil else { return nil }
        self.init(quota: UInt64(words[0]), period: period)
    }

    /// Parses the two v1 files.
    package init?(quota: String, period: String) {
        guard let period = UInt64(period), period > 0 else { return nil }
        guard quota.hasPrefix("-") || UInt64(quota) != nil else { return nil }
        self.init(quota: UInt64(quota), period: period)
    }

    /// Creates the quota for a number of CPUs in the given period.
    package init(cpus: LimitValue, period: UInt64) {
        self.init(quota: cpus.number.map { ($0 * period + 500_000) / 1_000_000 }, period: period)
    }

    /// The quota in millionths of a CPU, rounded down, because the kernel may refuse more than the
    /// parent's.
    package var cpus: LimitValue {
        guard let quota else { return .unlimited }
        let (product, overflow) = quota.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .unlimited : .number(product / period)
    }

    /// The text of v2 `cpu.max`.
    package var unifiedText: String { "\(quota.map(String.init) ?? "max") \(period)" }

    /// The text of v1 `cpu.cfs_quota_us`.
    package var legacyQuota: String { quota.map(String.init) ?? "-1" }
}
