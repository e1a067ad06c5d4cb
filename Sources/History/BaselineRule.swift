import CgroupModel

/// Predicts the baseline of a counter, which is its previous value; a frame stores only deviations.
///
/// If the tier was read again, the baselines are the values of the earlier frame. Otherwise, they
/// are the baselines of the earlier frame. Encoder and decoder share this rule.
struct BaselineRule {
    /// The prediction of a metric's baseline.
    enum Expectation {
        case absent, ownValue, earlierValue, earlierBaseline

        /// The predicted baseline for a value `own`.
        func baseline(own: UInt64, earlier: Earlier) -> UInt64 {
            switch self {
            case .absent: Reading.absent.rawValue
            case .ownValue: own
            case .earlierValue: earlier.value
            case .earlierBaseline: earlier.baseline
            }
        }
    }

    private let expectations: [Expectation]

    /// Creates the rule; in a keyframe `earlier` is nil, and the prediction is the value itself.
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

    /// The predicted baseline of a metric whose value is `own`.
    ///
    /// `earlier` holds the cgroup's readings in the earlier frame; both are absent for a new
    /// cgroup.
    func baseline(of metric: MetricID, own: UInt64, earlier: Earlier) -> UInt64 {
        expectation(of: metric).baseline(own: own, earlier: earlier)
    }

    /// The prediction for a metric, to look it up once for many cgroups.
    func expectation(of metric: MetricID) -> Expectation { expectations[metric.index] }

    /// A value and its baseline in the earlier frame.
    struct Earlier {
        var value = Reading.absent.rawValue
        var baseline = Reading.absent.rawValue
    }
}
