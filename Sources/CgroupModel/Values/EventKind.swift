/// A kind of event; its raw value is its name in commands, JSON and policies.
package enum EventKind: String, CaseIterable, Sendable, Hashable {
    case born, died, oom
    case oomKill = "oom-kill"
    case limitHit = "limit-hit"
    case throttled, pressure, frozen, thawed, moved, changed, unattributed, action, gap
}
