/// The memory that a cgroup needs: what is charged, without the cache that it would not miss.
///
/// The kernel keeps cache as long as there is room, so `memory.current` grows to any limit. Inactive
/// file pages are reclaimed first and without harm, except those that were read again soon after
/// reclaim: as many as the last minute's refaults count as needed.
struct MemoryDemand: Sendable {
    private static let pageSize = 4096.0
    private static let memorySeconds = 60.0
    /// The bytes of refaulted cache, fading over a minute.
    private var refaulted = 0.0

    /// Takes the refaults of a period and returns the demand.
    ///
    /// - Parameters:
    ///   - usage: The memory charged.
    ///   - inactiveFile: The inactive page cache; nil if unknown, which counts as none.
    ///   - peak: The kernel's peak if it rose in this period: a spike between two snapshots.
    ///   - refaults: The pages of cache that refaulted in this period.
    ///   - elapsed: The length of the period in nanoseconds; 0 after a gap.
    mutating func take(
        usage: UInt64, inactiveFile: UInt64?, peak: UInt64?, refaults: UInt64, elapsed: UInt64
    ) -> UInt64 {
        let faded = elapsed == 0 ? 0 : max(0, 1 - Double(elapsed) / 1e9 / Self.memorySeconds)
        refaulted = refaulted * faded + Double(refaults) * Self.pageSize
        let inactive = Double(inactiveFile ?? 0)
        let spare = max(inactive - refaulted, 0)
        let highest = max(Double(usage), Double(peak ?? 0))
        return UInt64(saturating: highest - spare)
    }
}
