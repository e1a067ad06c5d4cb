import PolicyLanguage

/// Chooses the cgroups that a rule acts on, except those on which acting recently had no effect.
struct VictimChoice: Sendable {
    /// The time until which a cgroup is not chosen, because acting on it had no effect.
    private var excludedUntil = Table<Row, UInt64>()

    private static let rest: UInt64 = 60_000_000_000

    /// Returns the cgroups that a rule would act on, the best victim first.
    ///
    /// A rule for each cgroup acts on `row`, an aggregate one on the members of its group.
    func targets(
        of runtime: RuleRuntime, _ row: Row, _ matcher: GroupMatcher,
        _ conditions: some Conditions, _ sight: Sight
    ) -> [Row] {
        guard runtime.isAggregate else { return [row] }
        let taken = runtime.instances[.whole]?.targets ?? []
        let members = matcher.members(of: runtime.rule.group).map { sight.rows.rowAt[$0] }
        guard let victims = runtime.rule.victims else { return members }
        var ranked: [(row: Row, worth: Double)] = []
        for row in members where !taken.contains(row) && sight.now >= excludedUntil[row] {
            let worth = conditions.number(runtime.victimOrder, row: row)
            guard !worth.isNaN, victims.leastGain.map({ worth >= $0 }) ?? true else { continue }
            ranked.append((row, worth))
        }
        return ranked.enumerated().sorted { left, right in
            let (first, second) = (left.element.worth, right.element.worth)
            guard first != second else { return left.offset < right.offset }
            return victims.isDescending ? first > second : first < second
        }.map(\.element.row)
    }

    /// Returns the cgroups that an aggregate rule acted on, the least valuable victim first.
    static func releaseOrder(
        of runtime: RuleRuntime, _ conditions: some Conditions, _ sight: Sight
    ) -> [Row] {
        let program = runtime.victimOrder
        func worth(_ row: Row) -> Double {
            guard !program.nodes.isEmpty else { return 0 }
            let worth = conditions.number(program, row: row)
            return worth.isNaN ? 0 : worth
        }
        let ranked = (runtime.instances[.whole]?.targets ?? []).map { ($0, worth($0)) }
        return ranked.sorted { left, right in
            (left.1, sight.path(left.0)) < (right.1, sight.path(right.0))
        }.map(\.0)
    }

    /// Excludes a cgroup as a victim for a minute, because acting on it had no effect.
    mutating func exclude(_ row: Row, at now: UInt64) { excludedUntil[row] = now + Self.rest }

    mutating func grow(to count: Int) { excludedUntil.grow(to: count, with: 0) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row) { excludedUntil[row] = 0 }
}
