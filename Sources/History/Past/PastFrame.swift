package import CgroupModel

/// A snapshot of the past, with its origin and the maxima and means of its period.
package struct PastFrame: Sendable {
    /// The snapshot in its ``CgroupModel/Snapshot/normalised`` form.
    ///
    /// A thinned snapshot is the last sample of its period; its rates cover the period.
    package let snapshot: Snapshot
    /// The host and the run that recorded it.
    package let origin: RecordingOrigin
    /// The length of its period in microseconds; 0 if every sample was kept.
    package let step: UInt64
    /// The cgroups that existed and were not kept; see ``Omission``.
    package let omissions: [Omission]
    /// The summary of the period, and the snapshot with the writer's numbers; nil if there is none.
    private let summary: (gauges: GaugeSummary, snapshot: Snapshot)?
    private let translation: SnapshotTranslation

    init(
        _ snapshot: Snapshot, _ gauges: GaugeSummary?, _ omissions: [Omission],
        _ header: SegmentHeader, _ translation: SnapshotTranslation
    ) {
        self.omissions = omissions
        self.snapshot = translation.translate(snapshot)
        origin = header.origin
        step = header.step
        summary = gauges.map { ($0, snapshot) }
        self.translation = translation
    }

    /// The number of samples of the period, including this one.
    package var samples: UInt64 { summary?.gauges.samples ?? 1 }

    /// The same snapshot with the highest value of each gauge in the period.
    package var peaks: Snapshot {
        summary.map { translation.translate($0.gauges.peaks(of: $0.snapshot)) } ?? snapshot
    }

    /// The same snapshot with the mean of each gauge in the period.
    package var means: Snapshot {
        summary.map { translation.translate($0.gauges.means(of: $0.snapshot)) } ?? snapshot
    }
}
