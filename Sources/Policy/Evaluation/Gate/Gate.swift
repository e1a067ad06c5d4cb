import CgroupModel
import PolicyLanguage

/// Decides whether an action on a cgroup is allowed.
///
/// Rules, the rest of their chains, kills after a freeze, pools, autosizing and standing limits
/// pass the same checks in one order: held, killing not allowed, protected, superseded, hung, over
/// budget. Budgets are checked last, so that a refusal for another reason spends nothing.
struct Gate: Sendable {
    /// An action to check.
    struct Request {
        /// The disruptive actions that it includes.
        var actions: [DisruptiveAction] = []
        /// Whether it counts as the one disruptive action that a cgroup gets per tick.
        var takesTurn = false
        /// Why something other than an action in this tick takes precedence, such as a guard; nil
        /// if nothing does.
        var superseded: String?
        var need = BudgetLedger.Need()
        /// Whether it is a dry run, which has budgets of its own.
        var isTried = false
    }

    /// The reason why an action is refused.
    enum Refusal: Hashable {
        /// There is no cgroup to act on.
        case nothing(String)
        case held(String)
        case killingForbidden
        case protected(String)
        /// The cgroup already had a disruptive action in this tick.
        case turnTaken
        case superseded(String)
        case hung
        case budget(BudgetLedger.Item)

        /// The text for the audit log.
        var text: String {
            switch self {
            case .nothing(let reason): reason
            case .held(let reason): "held: \(reason)"
            case .killingForbidden: "killing is not allowed"
            case .protected(let reason): "protected: \(reason)"
            case .turnTaken: "superseded: another action on it in this tick"
            case .superseded(let reason): reason
            case .hung: "an earlier action is stuck"
            case .budget(let item): "budget: \(item.text)"
            }
        }
    }

    /// The latest actions on one cgroup.
    private struct Record: Sendable {
        /// An effect that did not end within its deadline.
        var hung: Effect.ID?
        /// The last tick with a disruptive action.
        var disruptedAt: UInt64 = 0
        /// The last tick in which it was killed.
        var killedAt: UInt64 = 0
        /// The last tick in which it was frozen.
        var frozenAt: UInt64 = 0
    }

    private var records = Table<Row, Record>()
    private var budgets: BudgetLedger
    /// The budgets of dry-run rules.
    private var triedBudgets: BudgetLedger
    private var hits = Array(repeating: UInt64(0), count: BudgetLedger.Item.allCases.count)
    private var allowsKill: Bool

    init(_ budgets: Budgets, allowsKill: Bool) {
        self.budgets = BudgetLedger(budgets)
        triedBudgets = self.budgets
        self.allowsKill = allowsKill
    }

    /// Applies the budgets of a new policy; what was spent stays spent.
    mutating func reload(_ budgets: Budgets, allowsKill: Bool) {
        self.budgets.reload(budgets)
        triedBudgets.reload(budgets)
        self.allowsKill = allowsKill
    }

    // MARK: Checks

    /// Returns why an action is refused; nil, with its budgets spent, if it is allowed.
    mutating func pass(
        _ request: Request, _ row: Row, _ cgroup: CgroupEntry, _ facts: any CgroupFacts,
        at now: UInt64
    ) -> Refusal? {
        if let refusal = refusal(request, row, cgroup, facts, at: now) { return refusal }
        return spend(request.need, on: cgroup.id, isTried: request.isTried, at: now)
    }

    /// Returns why an action is refused, apart from budgets; nil if it is allowed.
    func refusal(
        _ request: Request, _ row: Row, _ cgroup: CgroupEntry, _ facts: any CgroupFacts,
        at now: UInt64
    ) -> Refusal? {
        if let reason = facts.hold(on: cgroup) { return .held(reason) }
        if request.need.kills > 0, !allowsKill { return .killingForbidden }
        for action in request.actions {
            if let reason = facts.refusal(of: action, on: cgroup) { return .protected(reason) }
        }
        if request.takesTurn, records[row].disruptedAt == now { return .turnTaken }
        if let reason = request.superseded { return .superseded(reason) }
        return records[row].hung == nil ? nil : .hung
    }

    /// Spends from all budgets and returns nil; if one is exhausted, returns it and spends nothing.
    mutating func spend(
        _ need: BudgetLedger.Need, on cgroup: CgroupID, isTried: Bool = false, at now: UInt64
    ) -> Refusal? {
        let item =
            isTried
            ? triedBudgets.spend(need, on: cgroup, at: now)
            : budgets.spend(need, on: cgroup, at: now)
        guard let item else { return nil }
        hits[item.rawValue] += 1
        return .budget(item)
    }

    // MARK: Records

    /// Records a disruptive action on a cgroup in this tick.
    mutating func takeTurn(
        _ row: Row, at now: UInt64, kills: Bool = false, freezes: Bool = false
    ) {
        records[row].disruptedAt = now
        if kills { records[row].killedAt = now }
        if freezes { records[row].frozenAt = now }
    }

    /// Whether a cgroup already had a disruptive action in this tick.
    func isTurnTaken(_ row: Row, at now: UInt64) -> Bool { records[row].disruptedAt == now }

    /// Whether a cgroup is frozen or killed in this tick; its descendants then wait.
    func isDisturbed(_ row: Row, at now: UInt64) -> Bool {
        records[row].frozenAt == now || records[row].killedAt == now
    }

    func isHung(_ row: Row) -> Bool { records[row].hung != nil }

    /// Blocks a cgroup until an effect that missed its deadline ends.
    mutating func hang(_ row: Row, on effect: Effect.ID) { records[row].hung = effect }

    /// Unblocks a cgroup whose hung effect ended.
    mutating func release(_ row: Row, from effect: Effect.ID) {
        if records[row].hung == effect { records[row].hung = nil }
    }

    // MARK: Rows

    mutating func grow(to count: Int) { records.grow(to: count, with: Record()) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row, _ cgroup: CgroupID) {
        records[row] = Record()
        budgets.forget(cgroup)
        triedBudgets.forget(cgroup)
    }

    /// The number of times that each budget was exhausted, by its key in the policy.
    var budgetHits: [(budget: String, count: UInt64)] {
        BudgetLedger.Item.allCases.map { ($0.text, hits[$0.rawValue]) }
    }

    /// Whether there is a record of writes to a cgroup.
    func remembers(_ cgroup: CgroupID, isTried: Bool) -> Bool {
        (isTried ? triedBudgets : budgets).writesOf[cgroup] != nil
    }
}
