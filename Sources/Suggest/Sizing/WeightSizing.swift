import CgroupModel

/// Sizes cpu.weight: the weights of siblings, divided again by what each needs.
///
/// The need is what CPU usage does not exceed for 95 % of the time. The sum of the weights stays, so
/// a sibling that is left as it is keeps its meaning.
struct WeightSizing {
    /// A weight closer to the present one is left alone.
    private static let leastFactor = 1.5
    /// The least need, a hundredth of a CPU: an idle cgroup must still get its turn.
    private static let leastNeed = 10_000.0
    private static let leastSiblings = 2

    /// The needs of siblings with a weight.
    private struct Family {
        var count = 0
        var need = 0.0
        var weight = 0.0
    }

    private var families: [CgroupPath: Family] = [:]

    /// Takes all cgroups that exist at the end of the window.
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
        max(Double(record.cpu.quantile(0.95)), leastNeed)
    }

    /// Returns a suggestion; nil if the present weight is about right.
    func suggestion(for record: WorkloadRecord) -> Suggestion? {
        guard let peak = record.cpuPeak, let present = record.weight.value, present > 0,
            let family = record.path.parent.flatMap({ families[$0] }),
            family.count >= Self.leastSiblings, family.need > 0
        else { return nil }
        let value = WrittenSteps.weight(Self.need(record) / family.need * family.weight)
        let factor = Double(value) / Double(present)
        guard factor >= Self.leastFactor || factor <= 1 / Self.leastFactor else { return nil }
        var evidence = Suggestion.Evidence(peak, record.cpu)
        evidence.amongSiblings = (family.count, UInt64(saturating: family.need))
        return Suggestion(
            limit: SizedLimit("cpu.weight"), value: value, present: record.weight, isLeast: false,
            evidence: evidence)
    }
}
