package import CgroupModel

extension Past {
    /// Calls `body` with the snapshots of a time range, the oldest first, until it returns false.
    ///
    /// With a `step` in microseconds, it gets the last snapshot of each period of that length,
    /// aligned to the wall clock, with rates over the time since the one before. Without, it gets
    /// every kept snapshot once, in the finest tier that has it. Where the clock was set back, the
    /// order is that of recording. Unreadable snapshots are noted and left out.
    ///
    /// With `only`, the snapshots have these metrics, and perhaps others, which is faster.
    package mutating func samples(
        _ range: ClosedRange<UInt64>, step: UInt64?, only metrics: Set<MetricID>? = nil,
        _ body: (Snapshot) throws -> Bool
    ) throws {
        for tier in tiers.indices { tiers[tier].select(metrics) }
        defer { for tier in tiers.indices { tiers[tier].select(nil) } }
        guard let step, step > 0 else {
            return try visit(range, step: nil, withGauges: false) { frame, _ in
                try body(frame.snapshot)
            }
        }
        var before: PastFrame?
        try visit(range, step: step, withGauges: false) { frame, isContinued in
            var snapshot = frame.snapshot
            if let before, isContinued, before.origin == frame.origin {
                snapshot = snapshot.rebased(on: before.snapshot)
            }
            before = frame
            return try body(snapshot)
        }
    }

    /// Calls `body` with every kept snapshot of a time range, with its period's maxima and means.
    ///
    /// The oldest comes first; `body` returns false to stop.
    ///
    /// Without gauges, the maxima and means are the snapshot's own, which is faster.
    package mutating func frames(
        _ range: ClosedRange<UInt64>, withGauges: Bool = true,
        _ body: (PastFrame) throws -> Bool
    ) throws {
        try visit(range, step: nil, withGauges: withGauges) { frame, _ in try body(frame) }
    }

    /// Calls `body` with snapshots, and whether each follows the one before in the same pass.
    private mutating func visit(
        _ range: ClosedRange<UInt64>, step: UInt64?, withGauges: Bool,
        _ body: (PastFrame, _ isContinued: Bool) throws -> Bool
    ) throws {
        for pass in (0...(tiers.map(\.oldestPass).max() ?? 0)).reversed() {
            var from = PastTier.Instant(pass: pass, time: range.lowerBound)
            var isContinued = false
            while let first = try first(atOrAfter: from), first.instant.pass == pass,
                range.contains(first.instant.time)
            {
                var place = first
                if let step {
                    let (end, overflow) = ((first.instant.time / step) + 1)
                        .multipliedReportingOverflow(by: step)
                    let above = range.upperBound == .max ? .max : range.upperBound + 1
                    let last = overflow ? UInt64.max : min(end, above)
                    let found = try previous(
                        before: PastTier.Instant(pass: pass, time: last), prefersCoarse: true)
                    // At the end of all time the period would begin before its first snapshot.
                    if let found, !found.instant.precedes(first.instant) { place = found }
                }
                if let frame = try tiers[place.tier].frame(place.place, withGauges: withGauges) {
                    guard try body(frame, isContinued) else { return }
                    isContinued = true
                }
                guard place.instant.time < range.upperBound else { break }
                from.time = place.instant.time + 1
            }
        }
    }
}
