/// A limit and its values as people read them: as `set` accepts and `get` prints them.
extension Limit {
    /// The name with an instance: `io.max.rbps 8:0`, `hugetlb.2MB.max`; the plain name without one.
    package func name(of instance: String?) -> String {
        guard let instance else { return name }
        return dimension == .pageSize
            ? name.replacing(".", with: ".\(instance).", maxReplacements: 1)
            : "\(name) \(instance)"
    }

    /// Formats the kernel's text of one of its files: `512MiB`, `max`; `(empty)` for an empty text.
    ///
    /// `period` is that of a v1 quota, in microseconds; without it, the quota is a time per period.
    package func text(
        _ raw: String, as coding: LimitFile.Coding, period: UInt64? = nil
    ) -> String {
        if raw.isEmpty { return coding.shown(raw) }
        switch coding {
        case .quota:
            guard let quota = coding.stored(raw) else { return raw }
            if quota == .unlimited { return grammar.text(quota) }
            guard let number = quota.number, let period, period > 0 else {
                return "\(Self.time.text(quota)) per period"
            }
            return grammar.text(Bandwidth(quota: number, period: period).cpus)
        case .quotaAndPeriod:
            guard let all = Bandwidth(raw) else { return raw }
            let text = grammar.text(all.cpus)
            return all.period == Bandwidth.usualPeriod
                ? text : "\(text) per \(Self.time.text(.number(all.period)))"
        case .swapBeyondMemory: return coding.stored(raw).map(grammar.text) ?? raw
        default: return coding.decode(raw).map(grammar.text) ?? raw
        }
    }

    private static let time = LimitGrammar.time(0...UInt64.max, unlimited: false)
}
