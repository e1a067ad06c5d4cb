internal import CgroupModel

extension PolicyMetric {
    /// How the number of several cgroups is made of their numbers.
    package enum Aggregation: Hashable, Sendable {
        /// Their sum; members without a number do not count.
        case sum
        /// Their sum, which is none if a member has none: limits, of which one may be unlimited.
        case sumOfAll
        /// The highest: shares of time, and ages.
        case max
        /// Whether it is so of any of them.
        case any
        /// No number of several says anything.
        case none
    }

    /// How it aggregates.
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
        // Limits that already hold for several, and what is the machine's.
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
