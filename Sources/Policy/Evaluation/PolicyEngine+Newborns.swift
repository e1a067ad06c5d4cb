package import CgroupModel
internal import PolicyLanguage

/// Applies standing limits to new cgroups.
extension PolicyEngine {
    /// Applies the standing limits in force to cgroups that are not in a snapshot yet; everything
    /// else waits for the next tick.
    ///
    /// - Parameters:
    ///   - newborns: The new cgroups, in path order.
    ///   - tick: The tick of the last snapshot taken before they were created.
    ///   - time: The time at which they were found.
    ///   - wallTime: The same time, in microseconds since 1970.
    package mutating func welcome(
        _ newborns: [CgroupEntry], after tick: UInt64, at time: PolicyInstant, wallTime: UInt64
    ) -> PolicyOutput {
        guard sight.input != nil, !limits.isEmpty else { return PolicyOutput() }
        trail.wallTime = wallTime
        for entry in newborns {
            let known = sight.rows.row(of: entry.id)
            let indices = limits.indices(taking: entry, known, matcher, sight)
            guard known != nil || !indices.isEmpty else { continue }
            let row = known ?? admit(entry, after: tick, at: time)
            limits.request(indices, for: row, &values)
            values.reconcile(newborn: entry, row, sight, &gate, &outbox, &trail)
        }
        return finish()
    }

    private mutating func admit(
        _ entry: CgroupEntry, after tick: UInt64, at time: PolicyInstant
    ) -> Row {
        let row = sight.rows.admit(
            entry, bornAfter: tick, at: max(sight.now, time.nanoseconds))
        measurements.clear(row: row)
        matcher.forget(rows: [row])
        growParts()
        return row
    }
}
