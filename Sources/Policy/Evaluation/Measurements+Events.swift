import PolicyLanguage

/// Counts the events that trigger rules.
extension Measurements {
    /// The groups whose events are counted as a whole.
    var eventGroups: Set<String> { Set(happenings.compactMap(\.group)) }

    /// Returns the number of events of a trigger that count for a row now.
    func count(_ trigger: EventTrigger, _ row: Row) -> UInt64 {
        let known = happenings.first { $0.trigger == trigger && $0.group == nil }
        return known?.count(row: row.number, now: now) ?? 0
    }

    /// Counts an event of a cgroup; `row` is nil for one that is gone.
    mutating func take(_ event: PolicyEvent, row: Row?, isMember: (String) -> Bool) {
        changeEvents { counts, now in
            guard counts.trigger.matches(event) else { return }
            if let group = counts.group {
                if isMember(group) { counts.add(event.count, row: 0, now: now) }
            } else if let row {
                counts.add(event.count, row: row.number, now: now)
            }
        }
    }

    /// Forgets events that are too old to count.
    mutating func pruneEvents() { changeEvents { $0.prune(now: $1) } }
}
