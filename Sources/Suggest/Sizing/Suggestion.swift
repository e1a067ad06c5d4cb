package import CgroupModel

/// The name of a limit, with the disk if the limit has one value per disk.
package struct SizedLimit: Hashable, Sendable {
    /// The canonical name: `memory.max`.
    package let name: String
    /// The disk; nil for a limit with one value per cgroup.
    package let disk: InstanceKey?

    /// Creates a name.
    package init(_ name: String, disk: InstanceKey? = nil) {
        self.name = name
        self.disk = disk
    }

    /// The limit in the catalog.
    package var limit: Limit? { LimitCatalog.limit(named: name) }
}

/// A suggested value with its evidence.
package struct Suggestion: Sendable {
    /// The evidence, in the unit of the limit.
    package struct Evidence: Sendable {
        /// The highest demand and its time.
        package var peak: Peak
        /// The 95th and the 99th percentile of the demand.
        package var p95: UInt64, p99: UInt64
        /// How often the current limit was hit: charges, throttled periods or forks.
        package var hits: UInt64 = 0
        /// Processes that the OOM killer killed.
        package var oomKills: UInt64 = 0
        /// The share of time at the current limit.
        package var boundShare = 0.0
        /// The highest swap usage in bytes.
        package var swap: UInt64 = 0
        /// The growth of the daily low, if it rises every day, and since when.
        package var growth: (each: UInt64, since: UInt64)?
        /// The demand of the cgroup and its siblings together, for a weight.
        package var amongSiblings: (count: Int, sum: UInt64)?

        init(_ peak: Peak, _ demand: Distribution) {
            self.peak = peak
            p95 = demand.quantile(0.95)
            p99 = demand.quantile(0.99)
        }
    }

    /// The limit.
    package let limit: SizedLimit
    /// The value, in the unit of the limit.
    package let value: UInt64
    /// The value at the end of the window; unlimited if no limit is set.
    package let present: Reading
    /// Whether more may be needed, because a limit held the demand down for a part of the window.
    package let isLowerBound: Bool
    /// The measurements that the value is based on.
    package let evidence: Evidence
}

/// The reason why nothing is suggested.
package enum Unsuggested: Hashable, Sendable {
    /// A limit held the demand down half of the time or more; `atLeast` is a minimum to try.
    case bound(limit: UInt64, share: Double, atLeast: UInt64)
    /// A limit of an ancestor held the demand down half of the time or more.
    case boundAbove(share: Double)
    /// The demand exceeds nearly all of the host.
    case wholeHost
}

/// The suggestions for the cgroups at one path.
package struct WorkloadSuggestion: Sendable {
    /// The path, times and counts.
    package let record: WorkloadRecord
    /// The suggested values.
    package let suggestions: [Suggestion]
    /// The limits without a suggestion, with the reason.
    package let unsuggested: [(limit: SizedLimit, reason: Unsuggested)]
}
