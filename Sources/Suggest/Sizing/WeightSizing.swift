import CgroupModel

/// Sizes cpu.weight: redistributes the weights of siblings in proportion to their needs.
///
/// A cgroup's need is the 95th percentile of its CPU usage. The sum of the weights is unchanged, so
/// the weight of a sibling without a suggestion keeps its meaning.
struct WeightSizing {
    /// A suggestion differs from the current weight by at least this factor.
    private static let minFactor = 1.5
    /// The minimum need, a hundredth of a CPU: an idle cgroup must still be able to run.
    private static let minNeed = 10_000.0
    private static let minSiblings = 2

    /// The number, total need and total weight of the siblings that have a weight.
    private struct Family {
        var count = 0
        var need = 0.0
        var weight = 0.0
    }

    private var families: [CgroupPath: Family] = [:]

    /// Totals the records, which must cover all cgroups that exist at the end of the window.
    init(_ records: some Sequence<WorkloadRecord>) {
        for record in records {
            guard let parent = record.path.parent, let weight = record.weight.value,
                record.cpu.time > 0
            else { continue }
            families[parent, default: Family()].count += 1
            families[parent, default: Family()].need += Self.need(record)
            families[parent, default: Family()].weight += Double(weight)
        }
    }

    private static func need(_ record: WorkloadRecord) -> Double {
        max(Double(record.cpu.quantile(0.95)), minNeed)
    }

    /// Returns a suggestion; nil without siblings or readings, or if the weight is about right.
    func suggestion(for record: WorkloadRecord) -> Suggestion? {
        guard let peak = record.cpuPeak, let present = record.weight.value, present > 0,
            let family = record.path.parent.flatMap({ families[$0] }),
            family.count >= Self.minSiblings, family.need > 0
        else { return nil }
        let value = WrittenSteps.weight(Self.need(record) / family.need * family.weight)
        let factor = Double(value) / Double(present)
        guard factor >= Self.minFactor || factor <= 1 / Self.minFactor else { return nil }
        var evidence = Suggestion.Evidence(peak, record.cpu)
        evidence.amongSiblings = (family.count, UInt64(saturating: family.need))
        return Suggestion(
            limit: SizedLimit("cpu.weight"), value: value, present: record.weight,
            isLowerBound: false, evidence: evidence)
    }
}
