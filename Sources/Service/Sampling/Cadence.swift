/// Ticks at a fixed interval, independent of how long the work of each tick takes.
///
/// After work that takes longer than the interval, the next tick follows immediately; missed ticks
/// are skipped.
package struct Cadence: Sendable {
    /// When the next tick is due.
    package private(set) var next: ContinuousClock.Instant

    /// Starts with a tick now.
    package init(_ now: ContinuousClock.Instant = ContinuousClock.now) { next = now }

    /// Moves to the next tick; true if that is overdue already.
    package mutating func advance(
        by distance: Duration, now: ContinuousClock.Instant = ContinuousClock.now
    ) -> Bool {
        next += distance
        guard next < now else { return false }
        next = now
        return true
    }

    /// Waits for the next tick.
    package mutating func wait(_ distance: Duration) async throws {
        guard !advance(by: distance) else { return }
        try await ContinuousClock().sleep(until: next, tolerance: .zero)
    }
}
