import CgroupModel
import PolicyLanguage

/// Counts recent actions against the policy's budgets; relief is never counted.
struct BudgetLedger: Sendable {
    /// A budget of the policy.
    enum Item: Int, Hashable, Sendable, CaseIterable {
        case kill, freeze, write, writePerGroup, hook

        var text: String {
            switch self {
            case .kill: "kill"
            case .freeze: "freeze"
            case .write: "write"
            case .writePerGroup: "write_per_group"
            case .hook: "hook"
            }
        }
    }

    /// The number of actions of each kind that a chain needs.
    struct Need: Hashable, Sendable {
        var kills = 0, freezes = 0, writes = 0, hooks = 0
        /// Writes of standing limits or pools to a cgroup.
        ///
        /// They count only against the budget of that cgroup, because their total grows with the
        /// number of cgroups on the host.
        var standing = 0

        var writesOfCgroup: Int { writes + standing }
    }

    private var budgets: Budgets
    private var spent: [[UInt64]] = Array(repeating: [], count: Item.allCases.count)
    private(set) var writesOf: [CgroupID: [UInt64]] = [:]

    init(_ budgets: Budgets) { self.budgets = budgets }

    mutating func reload(_ budgets: Budgets) { self.budgets = budgets }

    /// Spends from all budgets and returns nil; if one is exhausted, returns it and spends nothing.
    mutating func spend(_ need: Need, on cgroup: CgroupID, at time: UInt64) -> Item? {
        if let item = exceeded(by: need, on: cgroup, at: time) { return item }
        for (item, count) in Self.items(need) {
            spent[item.rawValue] += Array(repeating: time, count: count)
        }
        if need.writesOfCgroup > 0 {
            writesOf[cgroup, default: []] += Array(repeating: time, count: need.writesOfCgroup)
        }
        return nil
    }

    /// Returns the first budget that a need would exceed.
    mutating func exceeded(by need: Need, on cgroup: CgroupID, at time: UInt64) -> Item? {
        for (item, count) in Self.items(need) where count > 0 {
            let budget = budget(item)
            Self.forget(&spent[item.rawValue], before: time, budget.period)
            if spent[item.rawValue].count + count > budget.count { return item }
        }
        let writes = need.writesOfCgroup
        guard writes > 0, writesOf[cgroup] != nil || budgets.writesPerGroup.count < writes
        else { return nil }
        Self.forget(&writesOf[cgroup, default: []], before: time, budgets.writesPerGroup.period)
        let sum = (writesOf[cgroup]?.count ?? 0) + writes
        return sum > budgets.writesPerGroup.count ? .writePerGroup : nil
    }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ cgroup: CgroupID) { writesOf[cgroup] = nil }

    private func budget(_ item: Item) -> Budgets.Budget {
        switch item {
        case .kill: budgets.kill
        case .freeze: budgets.freeze
        case .write: budgets.writes
        case .writePerGroup: budgets.writesPerGroup
        case .hook: budgets.hook
        }
    }

    private static func items(_ need: Need) -> [(Item, Int)] {
        [
            (.kill, need.kills), (.freeze, need.freezes), (.write, need.writes),
            (.hook, need.hooks),
        ]
    }

    private static func forget(_ times: inout [UInt64], before now: UInt64, _ period: Duration) {
        let period = period.nanoseconds
        times.removeAll { now - min($0, now) >= period }
    }
}
