package import CgroupModel

/// Something that happened to a cgroup or to the host.
package struct Event: Hashable, Sendable {
    /// The kind.
    package let kind: EventKind
    /// The time.
    package let time: EventTime
    /// The cgroup; nil for the host, and if it is unknown.
    package let cgroup: EventCgroup?
    /// The details by field; a field is absent if it is unknown.
    package let details: [EventField: EventValue]
    /// The number of further events of this kind that are folded into this one; 0 for an event of
    /// its own.
    package let folded: UInt64

    /// Creates an event.
    package init(
        _ kind: EventKind, _ time: EventTime, _ cgroup: EventCgroup? = nil,
        _ details: [EventField: EventValue] = [:], folded: UInt64 = 0
    ) {
        self.kind = kind
        self.time = time
        self.cgroup = cgroup
        self.details = details
        self.folded = folded
    }

    /// The number in a field; nil if it is absent or not a whole number.
    package func number(_ field: EventField) -> UInt64? {
        if case .number(let number)? = details[field] { number } else { nil }
    }

    /// The program's own text in a field, such as `begin`; nil if absent or of another type.
    package func word(_ field: EventField) -> String? {
        if case .text(let text)? = details[field] { text } else { nil }
    }

    /// The cgroup in a field; nil if it is absent.
    package func path(_ field: EventField) -> CgroupPath? {
        if case .path(let path)? = details[field] { path } else { nil }
    }
}

/// The time of an event on two clocks.
package struct EventTime: Hashable, Sendable {
    /// Microseconds since 1970.
    package let wall: UInt64
    /// Nanoseconds of CLOCK_BOOTTIME, which counts suspend.
    package let boot: UInt64

    /// Creates a time from both clocks.
    package init(wall: UInt64, boot: UInt64) {
        self.wall = wall
        self.boot = boot
    }
}

/// The cgroup of an event.
package struct EventCgroup: Hashable, Sendable {
    /// The path.
    package let path: CgroupPath
    /// The identity; nil if it is unknown, as for a cgroup that no sample contained.
    package let id: CgroupID?

    /// Creates a reference from a path and, if known, an identity.
    package init(_ path: CgroupPath, _ id: CgroupID? = nil) {
        self.path = path
        self.id = id
    }
}
