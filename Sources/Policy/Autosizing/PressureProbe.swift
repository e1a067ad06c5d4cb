import CgroupModel
import PolicyLanguage

/// Paces the reclaim of one cgroup: small steps while pressure is below the target, and a pause
/// once it is not.
///
/// Δtotal ÷ Δt is the share of time in which a task waited for memory. It is exact for any period;
/// the kernel's averages are not.
struct PressureProbe: Hashable, Sendable {
    /// The result of a period.
    enum Step: Hashable, Sendable {
        /// The period has not elapsed.
        case wait
        /// The bytes to reclaim, and the pressure in percent.
        case take(UInt64, pressure: Double)
        /// Pressure is too high; the size that should relieve it.
        case ease(to: UInt64, pressure: Double)
    }

    /// The maximum back-off, in periods.
    static let longestWait = 10.0

    private var since: PolicyInstant?
    private var total: UInt64 = 0
    private var resume = PolicyInstant(nanoseconds: 0)

    /// Ends the period if it has elapsed; `total` is the stall time in µs.
    mutating func step(
        _ autosizer: Autosizer, total now: UInt64, usage: UInt64, at time: PolicyInstant
    ) -> Step {
        guard let since, now >= total, time.since(since) <= autosizer.every * 2.5 else {
            // The first reading, a counter reset, or a gap: there is no difference to use.
            begin(now, time)
            return .wait
        }
        guard time.since(since) >= autosizer.every else { return .wait }
        let share = Double(now - total) / (time.since(since) / .microseconds(1)) * 100
        begin(now, time)
        let ratio = autosizer.target > 0 ? share / autosizer.target : .infinity
        let largest = autosizer.step * Double(usage)
        guard ratio < 1 else {
            let times = min(ratio * ratio, Self.longestWait)
            resume = time.advanced(by: autosizer.every * times)
            let size = Double(usage) + largest * times
            return .ease(to: autosizer.clamped(UInt64(min(size, 9e18))), pressure: share)
        }
        guard time >= resume else { return .wait }
        let size = max(Double(usage) - largest * (1 - ratio), 0)
        let goal = autosizer.clamped(UInt64(min(size, 9e18)))
        return .take(usage > goal ? usage - goal : 0, pressure: share)
    }

    /// Backs off for the maximum number of periods.
    mutating func backOff(_ autosizer: Autosizer, at time: PolicyInstant) {
        resume = time.advanced(by: autosizer.every * Self.longestWait)
    }

    private mutating func begin(_ now: UInt64, _ time: PolicyInstant) {
        since = time
        total = now
    }
}

extension Autosizer {
    /// Clamps a size to floor and ceiling; the floor wins.
    func clamped(_ size: UInt64) -> UInt64 { max(min(size, ceiling ?? .max), floor ?? 0) }
}
