internal import CgroupModel

extension PolicyMetric {
    /// How the values of several cgroups are combined.
    package enum Aggregation: Hashable, Sendable {
        /// The sum; members without a value are ignored.
        case sum
        /// The sum, absent if a member has no value. Used for limits: a member may be unlimited.
        case sumOfAll
        /// The maximum: shares of time, and ages.
        case max
        /// True if it is true of any member.
        case any
        /// Undefined for several cgroups.
        case none
    }

    /// The aggregation of this metric.
    package var aggregation: Aggregation {
        switch source {
        case .derived(let derivation): derivation.aggregation
        case .catalog(let id): MetricCatalog[id].aggregation
        }
    }
}

extension PolicyMetric.Derivation {
    fileprivate var aggregation: PolicyMetric.Aggregation {
        switch self {
        case .memoryUnreclaimable: .sum
        case .throttledRatio, .age: .max
        case .frozen, .populated: .any
        // Limits that already include ancestors, and values of the host.
        default: .none
        }
    }
}

extension Metric {
    fileprivate var aggregation: PolicyMetric.Aggregation {
        if name.contains(".pressure.") || unit == .percentHundredths { return .max }
        if unit == .flag { return .any }
        switch kind {
        case .counter, .gauge: return unit == .weight ? .none : .sum
        case .peak: return .max
        case .limit:
            let isAmount = [.bytes, .count, .bytesPerSecond, .operationsPerSecond].contains(unit)
            return isAmount ? .sumOfAll : .none
        default: return .none
        }
    }
}
