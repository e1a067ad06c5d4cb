/// The options of sizing.
package struct SizingOptions: Sendable {
    /// The headroom, as a share of the peak.
    package var margin = 0.15
    /// The minimum time that must be covered, in nanoseconds.
    package var leastTime: UInt64 = 24 * 3_600_000_000_000
    /// Whether to suggest a CPU quota where there is none.
    package var suggestsQuota = false
    /// Whether to suggest I/O limits where there are none.
    package var suggestsIO = false

    /// Creates the default options.
    package init() {}
}
