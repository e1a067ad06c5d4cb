import CgroupModel
import PolicyLanguage

/// The recent events of a trigger, by row; an event counts for the time ``EventTrigger/within``.
struct EventCounts: Sendable {
    let trigger: EventTrigger
    /// The group that is counted as a whole; nil if each row is counted by itself.
    let group: String?
    private let within: UInt64
    /// Events within this time, in nanoseconds, share one entry, so a row has about 64 at most.
    private let step: UInt64
    /// By row: the times and the numbers of events, the oldest first.
    private var counts: [Int: [(time: UInt64, count: UInt64)]] = [:]
    private var pruned: UInt64 = 0

    init(_ trigger: EventTrigger, group: String?) {
        self.trigger = trigger
        self.group = group
        within = trigger.within.nanoseconds
        step = within / 64
    }

    /// The number of events of a row at `now`, in nanoseconds.
    func count(row: Int, now: UInt64) -> UInt64 {
        guard !counts.isEmpty, let known = counts[row] else { return 0 }
        return known.reduce(0) { now - $1.time < within ? $0 + $1.count : $0 }
    }

    /// Whether enough events happened.
    func isMet(row: Int, now: UInt64) -> Bool { count(row: row, now: now) >= trigger.times }

    /// Adds events of this tick.
    mutating func add(_ count: UInt64, row: Int, now: UInt64) {
        var known = counts.removeValue(forKey: row) ?? []
        if let last = known.last, now - last.time <= step {
            known[known.count - 1].count += count
        } else {
            known.append((now, count))
        }
        counts[row] = known
    }

    /// Forgets events that are too old to count.
    mutating func prune(now: UInt64) {
        guard !counts.isEmpty, now - min(pruned, now) > step else { return }
        pruned = now
        let within = within
        counts = counts.compactMapValues { known in
            let kept = known.filter { now - $0.time < within }
            return kept.isEmpty ? nil : kept
        }
    }

    mutating func clear(row: Int) { counts[row] = nil }

    /// Takes the counts of the same trigger in the previous policy.
    mutating func keep(_ old: EventCounts) { counts = old.counts }
}
