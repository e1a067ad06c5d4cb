package import CgroupModel
internal import PolicyLanguage

/// Applies standing limits to new cgroups.
extension PolicyEngine {
    /// Applies the standing limits in force to cgroups that are not in a snapshot yet; everything
    /// else waits for the next tick.
    ///
    /// - Parameters:
    ///   - newborns: In path order.
    ///   - tick: The tick of the last snapshot taken before they were created.
    ///   - time: When they were found.
    ///   - wallTime: The same, in microseconds since 1970.
    package mutating func welcome(
        _ newborns: [CgroupEntry], after tick: UInt64, at time: PolicyInstant, wallTime: UInt64
    ) -> PolicyOutput {
        guard sight.input != nil, !limits.isEmpty else { return PolicyOutput() }
        trail.wallTime = wallTime
        for entry in newborns {
            let known = sight.rows.row(of: entry.id)
            let indices = limits.indices.filter { takes(entry, $0, known) }
            guard known != nil || !indices.isEmpty else { continue }
            let row = known ?? admit(entry, after: tick, at: time)
            for index in indices {
                request(index, row)
                limits[index].requested.insert(row)
            }
            values.reconcile(newborn: entry, row, sight, &gate, &outbox, &trail)
        }
        return finish()
    }

    private func takes(_ entry: CgroupEntry, _ index: Int, _ row: Row?) -> Bool {
        guard limits[index].disabled == nil, limits[index].holds else { return false }
        let requested = limits[index].requested
        if let row, requested.contains(row) { return false }
        return matcher.takes(entry, in: limits[index].limits.group, sight.facts) {
            requested.map { sight.path($0) }
        }
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
