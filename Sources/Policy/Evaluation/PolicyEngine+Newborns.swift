package import CgroupModel
internal import PolicyLanguage

/// Standing limits of cgroups that were just made.
extension PolicyEngine {
    /// Gives cgroups that no snapshot has yet the standing limits that hold now; everything else
    /// waits for the next tick.
    ///
    /// - Parameters:
    ///   - newborns: In path order.
    ///   - tick: The number of the last snapshot that cannot have them.
    ///   - time: When they were found.
    ///   - wallTime: The same, in microseconds since 1970.
    package mutating func welcome(
        _ newborns: [CgroupEntry], after tick: UInt64, at time: PolicyInstant, wallTime: UInt64
    ) -> PolicyOutput {
        guard input != nil, !limits.isEmpty else { return PolicyOutput() }
        self.wallTime = wallTime
        for entry in newborns {
            let known = rows.row(of: entry.id)
            let indices = limits.indices.filter { takes(entry, $0, known) }
            guard known != nil || !indices.isEmpty else { continue }
            let row = known ?? admit(entry, after: tick, at: time)
            for index in indices {
                wish(index, row)
                limits[index].wished.insert(row)
            }
            // In another hierarchy it may have files now that were missing.
            for place in holdings[row].values.indices
            where holdings[row].values[place].isMissing {
                holdings[row].values[place].retryAt = now
            }
            for widening in [true, false] { reconcile(row, entry, widening: widening) }
        }
        return finish()
    }

    private func takes(_ entry: CgroupEntry, _ index: Int, _ row: Int?) -> Bool {
        guard limits[index].disabled == nil, limits[index].holds else { return false }
        let wished = limits[index].wished
        if let row, wished.contains(row) { return false }
        return matcher.takes(entry, in: limits[index].limits.group, facts) {
            wished.map { rows.cgroups[$0].path }
        }
    }

    private mutating func admit(
        _ entry: CgroupEntry, after tick: UInt64, at time: PolicyInstant
    ) -> Int {
        let row = rows.admit(entry, bornAfter: tick, at: max(now, time.nanoseconds))
        measurements.clear(row: row)
        matcher.forget(rows: [row])
        while holdings.count < rows.count { holdings.append(Holdings()) }
        return row
    }
}
