/// A CPU quota and its period in microseconds.
package struct Bandwidth: Hashable {
    /// Nil means unlimited.
    package var quota: UInt64?
    /// Never 0.
    package var period: UInt64

    /// The kernel's period of a new cgroup, in microseconds.
    static let usualPeriod: UInt64 = 100_000

    /// The longest quota that the kernel accepts, in microseconds (`max_cfs_runtime`).
    private static let longestQuota: UInt64 = 17_592_186_044_415

    /// Creates a bandwidth from a quota, nil for unlimited, and a period above 0.
    package init(quota: UInt64?, period: UInt64) {
        self.quota = quota
        self.period = period
    }

    /// Parses v2 `cpu.max`: `150000 100000` or `max 100000`.
    package init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2, let period = UInt64(words[1]), period > 0,
            words[0] == LimitValue.unlimitedText || UInt64(words[0]) != nil
        else { return nil }
        self.init(quota: UInt64(words[0]), period: period)
    }

    /// Parses the two v1 files.
    package init?(quota: String, period: String) {
        guard let period = UInt64(period), period > 0,
            let quota = LimitFile.Coding.quota.stored(quota)
        else { return nil }
        self.init(quota: quota.number, period: period)
    }

    /// Creates the quota for a number of CPUs in the given period; at most the longest one.
    package init(cpus: LimitValue, period: UInt64) {
        let quota = cpus.number.map { cpus in
            let (high, low) = cpus.multipliedFullWidth(by: period)
            guard high < 1_000_000 else { return Self.longestQuota }
            let (whole, rest) = UInt64(1_000_000).dividingFullWidth((high, low))
            let rounded = min(whole, Self.longestQuota) + (rest >= 500_000 ? 1 : 0)
            return min(rounded, Self.longestQuota)
        }
        self.init(quota: quota, period: period)
    }

    /// The quota in millionths of a CPU, rounded down, because the kernel may refuse more than the
    /// parent's.
    package var cpus: LimitValue {
        guard let quota else { return .unlimited }
        let (product, overflow) = quota.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .unlimited : .number(product / period)
    }

    /// The quota alone, in microseconds.
    package var limit: LimitValue { quota.map { .number($0) } ?? .unlimited }

    /// The text of v2 `cpu.max`.
    package var unifiedText: String {
        "\(quota.map(String.init) ?? LimitValue.unlimitedText) \(period)"
    }
}
