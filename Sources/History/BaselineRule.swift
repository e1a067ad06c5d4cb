import CgroupModel

/// What a counter's earlier value, its baseline, will most likely be; a frame holds the exceptions.
///
/// A tier that was read again has the earlier frame's values as its baselines, and one that was
/// not has kept those that it had. Both sides of the codec ask this, so they agree.
struct BaselineRule {
    private enum Expectation {
        case absent, ownValue, earlierValue, earlierBaseline
    }

    private let expectations: [Expectation]

    /// `earlier` is nil in a keyframe, where all there is to go by is the value itself.
    init(now: [TierTimes], earlier: [TierTimes]?, _ legend: FrameLegend) {
        expectations = legend.rows.map { row in
            guard row.isCounter else { return .absent }
            let index = row.tier
            guard let earlier else { return .ownValue }
            guard now.indices.contains(index), earlier.indices.contains(index) else {
                return .earlierValue
            }
            return now[index].now == earlier[index].now ? .earlierBaseline : .earlierValue
        }
    }

    /// The expected baseline of a metric with the value `own`; `earlier` is what the same cgroup
    /// had in the frame before, and absent twice for a new one.
    func baseline(of metric: MetricID, own: UInt64, earlier: Earlier) -> UInt64 {
        switch expectations[metric.index] {
        case .absent: Reading.absent.rawValue
        case .ownValue: own
        case .earlierValue: earlier.value
        case .earlierBaseline: earlier.baseline
        }
    }

    /// A value and its baseline in the frame before.
    struct Earlier {
        var value = Reading.absent.rawValue
        var baseline = Reading.absent.rawValue
    }
}
