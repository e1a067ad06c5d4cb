package import CgroupModel

/// The history that the server reads: snapshots of the past by time, in microseconds since 1970.
package protocol PastReader {
    /// The times of the first and the last snapshot; nil if there are none.
    var span: ClosedRange<UInt64>? { get }
    /// Returns the newest snapshot at or before a time; nil if there is none.
    mutating func snapshot(at time: UInt64) throws -> Snapshot?
    /// Calls `body` with the last snapshot of each `step`, in microseconds, until `body` returns
    /// false; a nil `step` passes every snapshot.
    ///
    /// The rates of a snapshot cover the time since the one before. With `only`, snapshots may
    /// lack other metrics.
    mutating func samples(
        _ range: ClosedRange<UInt64>, step: UInt64?, only metrics: Set<MetricID>?,
        _ body: (Snapshot) throws -> Bool
    ) throws
}
