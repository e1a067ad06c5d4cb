package import CgroupModel
package import KernelIO

/// The tiers of a history on disk, which take the same samples.
///
/// The caller must keep other writers out of the directory.
package struct HistoryTiers: Sendable {
    private let tiers: [HistoryTier]
    private let share: FairShare
    /// The cgroups that were left out of the last sample, because it had too many.
    package private(set) var omissions: [Omission] = []
    /// The latest time of a sample, in microseconds since 1970; 0 without one.
    private var last: UInt64

    /// Opens or creates the files, and cuts off incomplete last records.
    ///
    /// Throws the error of opening them.
    package init(
        _ directory: String, _ bounds: HistoryBounds, _ origin: RecordingOrigin,
        _ readers: AppendedFile.Readers
    ) throws {
        tiers = try bounds.tiers(in: directory).map {
            try HistoryTier($0.path, step: $0.step, $0.bounds, origin, readers)
        }
        share = FairShare(historyBytes: bounds.largest)
        last = tiers.map(\.last).max() ?? 0
    }

    /// Takes the next sample, and writes it or the periods that it ends.
    ///
    /// After an error, the files must be opened again, which finds out where each of them ends.
    package mutating func take(_ snapshot: Snapshot) throws(IOError) {
        // Every tier is marked, so that readers find where the clock was set back.
        let isSetBack = snapshot.wallTime <= last
        let (sample, omitted) = share.thin(snapshot)
        omissions = omitted
        for tier in tiers { try tier.take(sample, omitted, isSetBack: isSetBack) }
        last = snapshot.wallTime
    }

    /// Writes the open periods, and waits until all is on the medium.
    ///
    /// Throws the last error, after it has tried all tiers.
    package func finish() throws(IOError) {
        var failure: IOError?
        for tier in tiers {
            do throws(IOError) {
                try tier.finish()
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
