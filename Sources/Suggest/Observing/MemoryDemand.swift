/// The memory that a cgroup needs: the charged memory without the cache that it would not miss.
///
/// The kernel keeps cache as long as there is room, so `memory.current` grows to any limit.
/// Inactive file pages are reclaimed first, without harm unless they are soon read again. As many
/// of them as refaulted in the last minute therefore count as needed.
struct MemoryDemand: Sendable {
    /// The parts of memory in bytes; nil for one that is unknown.
    struct Parts {
        var usage: UInt64
        var anon: UInt64?
        /// File pages that are not inactive: in use, shared memory, or locked.
        var usedFile: UInt64?
        var inactiveFile: UInt64
        var kernel: UInt64
        var sockets: UInt64

        /// The memory that cannot be reclaimed without harm, summed from the parts.
        ///
        /// memory.stat lags up to two seconds behind memory.current. Usage minus cache would
        /// therefore count cache that was read in between.
        var needed: UInt64 {
            guard let anon, let usedFile else { return usage - min(usage, inactiveFile) }
            return min([usedFile, kernel, sockets].reduce(anon) { $0.adding($1) }, usage)
        }
    }

    private static let pageSize = 4096.0
    private static let memorySeconds = 60.0
    /// The bytes of refaulted cache, fading over a minute.
    private var refaulted = 0.0

    /// Takes the refaults of a period and returns the demand.
    ///
    /// - Parameters:
    ///   - parts: The memory at the end of the period; the maxima if the period was thinned.
    ///   - peak: The kernel's peak if it rose in this period: a spike between two snapshots.
    ///   - refaults: The pages of cache that refaulted in this period.
    ///   - elapsed: The length of the period in nanoseconds; 0 after a gap.
    mutating func take(
        _ parts: Parts, peak: UInt64?, refaults: UInt64, elapsed: UInt64
    ) -> UInt64 {
        let faded = elapsed == 0 ? 0 : max(0, 1 - Double(elapsed) / 1e9 / Self.memorySeconds)
        refaulted = refaulted * faded + Double(refaults) * Self.pageSize
        let cache = min(parts.inactiveFile, UInt64(saturating: refaulted))
        let unseen = (peak ?? 0) - min(peak ?? 0, parts.usage)
        return parts.needed.adding(cache).adding(unseen)
    }
}
