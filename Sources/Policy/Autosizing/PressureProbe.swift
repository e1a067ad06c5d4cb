import CgroupModel
import PolicyLanguage

/// How one cgroup's memory is taken back: a little while pressure is below the target, and nothing
/// for a while once it is not.
///
/// Δtotal ÷ Δt is the share of time in which a task waited for memory, exact for any period, which
/// the kernel's own averages are not.
struct PressureProbe: Hashable, Sendable {
    /// What a period ended with.
    enum Step: Hashable, Sendable {
        /// It has not ended yet.
        case wait
        /// What it could do without, in bytes, and the pressure in percent.
        case take(UInt64, pressure: Double)
        /// The pressure is too high; the size that would relieve it.
        case ease(to: UInt64, pressure: Double)
    }

    /// Back-off is never longer than this many periods.
    static let longestWait = 10.0

    private var since: PolicyInstant?
    private var total: UInt64 = 0
    private var resume = PolicyInstant(nanoseconds: 0)

    /// Ends a period if it is due; `total` is the time in µs in which a task waited for memory.
    mutating func step(
        _ autosizer: Autosizer, total now: UInt64, usage: UInt64, at time: PolicyInstant
    ) -> Step {
        guard let since, now >= total, time.since(since) <= autosizer.every * 2.5 else {
            // The first reading, a counter that began anew, or a gap: nothing can be said of it.
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
        let goal = autosizer.clamped(UInt64(Double(usage) - largest * (1 - ratio)))
        return .take(usage > goal ? usage - goal : 0, pressure: share)
    }

    /// Leaves it alone for as long as after the highest pressure.
    mutating func backOff(_ autosizer: Autosizer, at time: PolicyInstant) {
        resume = time.advanced(by: autosizer.every * Self.longestWait)
    }

    private mutating func begin(_ now: UInt64, _ time: PolicyInstant) {
        since = time
        total = now
    }
}

extension Autosizer {
    /// A size within floor and ceiling; the floor wins.
    func clamped(_ size: UInt64) -> UInt64 { max(min(size, ceiling ?? .max), floor ?? 0) }
}
