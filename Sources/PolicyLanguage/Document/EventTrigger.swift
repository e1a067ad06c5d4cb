package import CgroupModel

/// The events that trigger a rule: its `on_event`.
package struct EventTrigger: Hashable, Sendable, CustomStringConvertible {
    /// The kinds, in the order of ``EventKind``; any of them counts.
    package var kinds: [EventKind]
    /// The limit that was hit or changed, by its name; nil for any.
    package var limit: String?
    /// The resource under pressure: `cpu`, `memory` or `io`; nil for any.
    package var resource: String?
    /// The state: `begin` or `end`, `populated` or `empty`; nil for any.
    package var state: String?
    /// The number of events that must happen.
    package var times: UInt64 = 1
    /// The time for which each event counts; ``times`` events must happen within it.
    package var within: Duration

    /// Creates a trigger by single events of some kinds.
    package init(kinds: [EventKind], within: Duration) {
        self.kinds = kinds
        self.within = within
    }

    /// The kinds that can trigger a rule: all except policy actions and kinds without a cgroup.
    package static let allowed = EventKind.allCases.filter {
        ![.action, .gap, .unattributed].contains($0)
    }

    /// `event(limit-hit, limit memory.max)`, `3 x event(oom-kill) within 1m`.
    package var description: String {
        let details = [("limit", limit), ("resource", resource), ("state", state)]
            .compactMap { name, value in value.map { "\(name) \($0)" } }
        let event = ([kinds.map(\.rawValue).joined(separator: "|")] + details)
            .joined(separator: ", ")
        return (times > 1 ? "\(times) x " : "") + "event(\(event)) within "
            + DurationText.text(within)
    }
}
