import PolicyLanguage

extension Duration {
    /// The duration in the syntax of a policy: `500ms`, `10s`, `5m`.
    var policyText: String { DurationText.text(self) }
}

extension Double {
    /// The number with exactly three decimals.
    var fixedText: String {
        guard !isNaN else { return isNotApplicable ? "n/a" : "unknown" }
        let bounded = Swift.min(Swift.max(self, -9e15), 9e15)
        let thousandths = Int64((bounded.magnitude * 1000).rounded())
        let rest = String(1000 + thousandths % 1000).dropFirst()
        return "\(bounded < 0 && thousandths > 0 ? "-" : "")\(thousandths / 1000).\(rest)"
    }

    /// Returns the number with its unit, as in the audit log.
    func text(_ unit: PolicyUnit) -> String {
        isNaN ? fixedText : fixedText + unit.suffix
    }
}

extension PolicyUnit {
    var suffix: String {
        switch self {
        case .bytes: "B"
        case .cpus: "cpus"
        case .seconds: "s"
        case .percent: "%"
        case .count, .flag: ""
        case .bytesPerSecond: "B/s"
        case .perSecond: "/s"
        case .cpusPerSecond: "cpus/s"
        case .percentPerSecond: "%/s"
        }
    }
}
