import CgroupModel
import PolicyLanguage

/// Takes the events of a tick.
extension PolicyEngine {
    /// Remembers a cgroup that is gone, because events about it may still arrive.
    mutating func remember(_ row: Row) {
        let groups = measurements.eventGroups.filter { matcher.has(row, in: $0) }
        departed.add(
            sight.target(row), groups: groups, rules: rules.reporters(of: row, measurements),
            at: sight.now, interval: sight.interval)
    }

    /// Counts the events for the rules, and reports those of cgroups that are gone.
    mutating func takeEvents(_ events: [PolicyEvent]) {
        departed.prune(at: sight.now)
        measurements.pruneEvents()
        guard !events.isEmpty else { return }
        let members = measurements.eventGroups.map { ($0, Set(matcher.watched(of: $0))) }
        let watched = Dictionary(uniqueKeysWithValues: members)
        for event in events {
            let row = event.cgroup.flatMap { sight.rows.row(of: $0) } ?? sight.row(at: event.path)
            // A cgroup at the path of one that is gone is another cgroup.
            let living = row.flatMap { row in
                let generation = sight.target(row).cgroup.generation
                return event.cgroup.map { $0.generation == generation } ?? true ? row : nil
            }
            if let id = departed.identity(of: event), event.cgroup != nil || living == nil {
                report(event, id)
            } else if let living, let position = sight.rows.position(living) {
                measurements.take(event, row: living) {
                    watched[$0]?.contains(position) ?? false
                }
            }
        }
    }

    /// Runs the notices of the rules that an event of a removed cgroup triggers.
    private mutating func report(_ event: PolicyEvent, _ id: CgroupID) {
        let board = rules
        let found = departed.take(event, of: id) { name in
            board.index(named: name).flatMap { board[$0].rule.event }
        }
        guard let (gone, due) = found else { return }
        measurements.take(event, row: nil) { gone.groups.contains($0) }
        for rule in due.compactMap({ board.index(named: $0) }) {
            let cause = Cause("event(\(event.kind.rawValue))")
            rules.countFiring(rule)
            for action in board[rule].rule.actions {
                guard let kind = notice(rule, gone.target.path, action.kind, cause) else {
                    continue
                }
                outbox.send(
                    kind, board[rule].origin, .whole, gone.target, cause,
                    isDryRun: board[rule].isDryRun, continuesOnError: true, &trail)
            }
        }
    }
}
