internal import CgroupModel

/// The record of a cgroup that ended.
package struct Tombstone: Hashable, Sendable {
    /// The origin of the totals.
    package enum Reading: String, Hashable, Sendable {
        /// Read after the last process ended; a file that was gone by then has its sampled value.
        case final
        /// From the last sample before the end.
        case sample
        /// Nothing was read; the usage is part of its parent's unattributed remainder.
        case none
    }

    /// The cgroup; without an identity if no sample contained it and its birth was not reported.
    package let cgroup: EventCgroup
    /// The time of its creation in nanoseconds of CLOCK_BOOTTIME; nil if it existed before the
    /// watch began.
    package let born: UInt64?
    /// The time of its removal, or of the sample that showed it.
    package let died: EventTime
    /// The totals of its lifetime.
    package var totals: LifeTotals
    /// The origin of the totals.
    package let reading: Reading

    /// The age in microseconds; nil if the birth was not seen.
    package var lifetime: UInt64? {
        born.map { died.boot > $0 ? (died.boot - $0) / 1000 : 0 }
    }

    /// `oom-kill` if the OOM killer killed a process in it at any time; nil otherwise.
    package var cause: String? { totals.oomKills ?? 0 > 0 ? "oom-kill" : nil }

    /// The approximate size in memory.
    var bytes: Int { 256 + cgroup.path.bytes.count }

    /// The tombstone as an event.
    package var event: Event {
        var details = totals.details
        details[.lifetime] = lifetime.map { .number($0) }
        details[.reading] = .text(reading.rawValue)
        details[.cause] = cause.map { .text($0) }
        return Event(.died, died, cgroup, details)
    }
}

/// The usage of a parent's removed children that none of their readings contains.
///
/// The parent's totals minus the totals of its living children and of the tombstones.
package struct Unattributed: Hashable, Sendable {
    /// The parent.
    package let parent: EventCgroup
    /// The time of the sample.
    package let time: EventTime
    /// The remaining usage; all values are unknown if the parent had processes of its own.
    package let totals: LifeTotals

    /// The remainder as an event.
    package var event: Event { Event(.unattributed, time, parent, totals.details) }
}
