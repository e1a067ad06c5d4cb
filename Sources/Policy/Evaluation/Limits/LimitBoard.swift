import CgroupModel
import PolicyLanguage

/// The standing limits, and the cgroups for which their values are requested.
struct LimitBoard: Sendable {
    private var limits: [LimitRuntime]

    init(
        _ document: PolicyDocument, _ facts: any CgroupFacts, _ compiler: inout ProgramCompiler
    ) {
        limits = document.limits.enumerated().map { index, limits in
            LimitRuntime(limits, index: index, facts, &compiler)
        }
    }

    var isEmpty: Bool { limits.isEmpty }

    /// Whether each of ``PolicyDocument/limits`` holds, by index.
    var holding: [Bool] { limits.map(\.holds) }

    /// Returns the limits of the groups that `isSelected` accepts, in the order of the policy.
    func limits(ofGroups isSelected: (String) -> Bool) -> [LimitRuntime] {
        limits.filter { isSelected($0.limits.group) }
    }

    /// Adds and withdraws the requests of standing limits as conditions and members change.
    mutating func take(
        _ sight: Sight, _ conditions: some Conditions, _ matcher: GroupMatcher,
        membersChanged: Bool, _ values: inout ValueBoard
    ) {
        guard let minute = sight.input?.minuteOfDay else { return }
        for index in limits.indices where limits[index].disabled == nil {
            let wasHolding = limits[index].holds
            limits[index].update(
                isInWindow: limits[index].limits.during?.contains(minute) ?? true,
                elapsed: sight.isGap ? 0 : sight.elapsed, conditions)
            guard membersChanged || limits[index].holds != wasHolding else { continue }
            let members =
                limits[index].holds
                ? matcher.present(of: limits[index].limits.group).map { sight.rows.rowAt[$0] }
                : []
            var kept = Set(members)
            // Newborn cgroups are not in a snapshot yet.
            if limits[index].holds {
                kept.formUnion(limits[index].requested.intersection(sight.rows.newborn))
            }
            let origin = limits[index].origin
            for row in limits[index].requested.subtracting(kept).sorted() {
                values.withdraw(row) { $0 == origin }
            }
            request(index, members.filter { !limits[index].requested.contains($0) }, &values)
            limits[index].requested = kept
        }
    }

    /// Returns the limits that apply to a cgroup that is not in a snapshot yet, by index.
    ///
    /// `row` is nil if the cgroup has none.
    func indices(
        taking entry: CgroupEntry, _ row: Row?, _ matcher: GroupMatcher, _ sight: Sight
    ) -> [Int] {
        limits.indices.filter { index in
            let known = limits[index].requested
            if let row, known.contains(row) { return false }
            return limits[index].disabled == nil && limits[index].holds
                && matcher.takes(entry, in: limits[index].limits.group, sight.facts) {
                    known.map { sight.path($0) }
                }
        }
    }

    /// Requests the values of some limits for a cgroup.
    mutating func request(_ indices: [Int], for row: Row, _ values: inout ValueBoard) {
        for index in indices {
            request(index, [row], &values)
            limits[index].requested.insert(row)
        }
    }

    private func request(_ index: Int, _ rows: [Row], _ values: inout ValueBoard) {
        for row in rows {
            for (key, request) in limits[index].requests { values.request(request, of: key, row) }
        }
    }

    /// Forgets a removed cgroup.
    mutating func forget(_ row: Row) {
        for index in limits.indices { limits[index].requested.remove(row) }
    }

    /// Keeps the state of conditional limits that are unchanged apart from their position.
    mutating func keepStates(of old: LimitBoard) {
        for index in limits.indices {
            let same = old.limits.first { known in
                var moved = known.limits
                moved.position = limits[index].limits.position
                return moved == limits[index].limits
            }
            if let same { limits[index].keepState(of: same) }
        }
    }
}
