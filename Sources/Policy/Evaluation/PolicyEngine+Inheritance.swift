package import CgroupModel
package import PolicyLanguage

/// Values that an earlier daemon has set and that stand in the kernel.
extension PolicyEngine {
    /// The values that the policy wants to set now, by cgroup.
    package var wantedValues: [(target: Effect.Target, keys: [LimitKey])] {
        rows.rowAt.compactMap { row in
            let keys = holdings[row].values.filter { !$0.isDryRun && !$0.wishes.isEmpty }.map(\.key)
            return keys.isEmpty ? nil : (rows.cgroups[row].target, keys)
        }
    }

    /// Takes values over that are as wanted already because an earlier daemon set them: they are
    /// put back like those that were written by this one.
    package mutating func inherit(_ keys: [LimitKey], of cgroup: CgroupID) {
        guard let row = rows.row(of: cgroup) else { return }
        for key in keys {
            guard let place = holdings[row].place(known: key, isDryRun: false),
                let wish = holdings[row].values[place].outcome?.wish,
                holdings[row].values[place].applied == nil,
                holdings[row].values[place].inFlight == nil,
                !holdings[row].values[place].isDirty
            else { continue }
            holdings[row].values[place].applied = wish.value
            holdings[row].values[place].readBack = actual(key, row)
            holdings[row].values[place].writer = wish.origin
            holdings[row].values[place].isConfirmed = true
        }
    }
}
