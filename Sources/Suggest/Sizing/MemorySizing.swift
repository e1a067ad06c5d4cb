import CgroupModel

/// Sizes memory.max and memory.high (memory.soft_limit on v1) from the demand.
///
/// The peak counts, not a percentile: one failed charge can kill a process. A limit that was
/// reached hid the demand above it, so the suggestion is at least a fifth above that limit. Earlier
/// suggestions are not a basis, because the value would grow each time.
struct MemorySizing {
    private static let mebibyte: UInt64 = 1 << 20
    /// The kernel charges in batches per CPU, so even an idle cgroup would hit a smaller limit.
    private static let least = Double(16 * mebibyte)
    /// The factor above a limit that was reached.
    static let raise = 1.2

    let record: WorkloadRecord
    let options: SizingOptions
    /// The memory of the host; nil if unknown.
    let hostMemory: UInt64?

    private var isUnified: Bool { record.memoryHigh.isKnown }
    private var soft: SizedLimit {
        SizedLimit(isUnified ? "memory.high" : "memory.soft_limit")
    }

    /// Adds the suggestions, or the reasons why there are none.
    func add(to findings: inout SizingFindings) {
        // A cgroup that was never used shows no demand.
        guard let peak = record.demandPeak, peak.value > 0, record.memoryMax.isKnown else { return }
        let hard = SizedLimit("memory.max")
        if let obstacle { return findings.add(hard, obstacle) }
        let isLowerBound = record.boundLimit > 0
        let raised = Double(record.boundLimit) * Self.raise
        let base = max(Double(peak.value), isLowerBound ? raised : 0)
        let value = rounded(base * (1 + options.margin))
        if let hostMemory, value >= hostMemory - hostMemory / 20 {
            return findings.add(hard, .wholeHost)
        }
        findings.add(suggestion(hard, value, record.memoryMax, isLowerBound, peak))
        // Reclaim begins halfway, so that cache is freed before a process is killed.
        let softValue = rounded(base * (1 + options.margin / 2))
        let present = isUnified ? record.memoryHigh : record.memorySoftLimit
        if present.isKnown, softValue < value {
            findings.add(suggestion(soft, softValue, present, isLowerBound, peak))
        }
    }

    private var obstacle: Unsuggested? {
        let time = Double(max(record.demand.time, 1))
        let share = Double(record.boundTime) / time
        if share >= SizingFindings.mostBoundShare {
            let next = rounded(Double(record.boundLimit) * Self.raise * (1 + options.margin))
            return .bound(limit: record.boundLimit, share: share, atLeast: next)
        }
        let above = Double(record.boundAboveTime) / time
        return above >= SizingFindings.mostBoundShare ? .boundAbove(share: above) : nil
    }

    private func rounded(_ amount: Double) -> UInt64 {
        WrittenSteps.bytes(max(amount, Self.least))
    }

    private func suggestion(
        _ limit: SizedLimit, _ value: UInt64, _ present: Reading, _ isLowerBound: Bool, _ peak: Peak
    ) -> Suggestion {
        var evidence = Suggestion.Evidence(peak, record.demand)
        evidence.hits = limit.name == "memory.high" ? record.highHits : record.memoryHits
        evidence.oomKills = record.oomKills
        evidence.boundShare = Double(record.boundTime) / Double(max(record.demand.time, 1))
        evidence.swap = record.swapPeak
        evidence.growth = record.lows.growth
        return Suggestion(
            limit: limit, value: value, present: present, isLowerBound: isLowerBound,
            evidence: evidence)
    }
}
