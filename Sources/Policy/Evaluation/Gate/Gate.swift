import CgroupModel
import PolicyLanguage

/// Decides whether something may be done to a cgroup.
///
/// Rules, the rest of their chains, kills after a freeze, pools, autosizing and standing limits all
/// ask the same questions in one order: is it held, protected, superseded, hung, over budget. Only
/// the last question costs something, so whatever is refused for another reason spends nothing.
struct Gate: Sendable {
    /// What is asked for.
    struct Request {
        /// What it does to the processes of the cgroup.
        var actions: [DisruptiveAction] = []
        /// Whether it is a disruptive action, of which a cgroup gets one a tick.
        var takesTurn = false
        /// Why something else goes before it, apart from an action in this tick; nil if nothing does.
        var superseded: String?
        var need = BudgetLedger.Need()
        /// Whether a rule that is tried out asks: it spends from budgets of its own.
        var isTried = false
    }

    /// Why it may not be done.
    enum Refusal: Hashable {
        /// There is nothing to do it to.
        case nothing(String)
        case held(String)
        case killingForbidden
        case protected(String)
        /// Something disruptive was done to it in this tick.
        case turnTaken
        case superseded(String)
        case hung
        case budget(BudgetLedger.Item)

        /// As the audit log tells it.
        var text: String {
            switch self {
            case .nothing(let reason): reason
            case .held(let reason): "held: \(reason)"
            case .killingForbidden: "killing is not allowed"
            case .protected(let reason): "protected: \(reason)"
            case .turnTaken: "superseded: something else is done to it in this tick"
            case .superseded(let reason): reason
            case .hung: "an earlier action is stuck"
            case .budget(let item): "budget: \(item.text)"
            }
        }
    }

    /// What was done to one cgroup.
    private struct Record: Sendable {
        /// An effect that did not end within its deadline.
        var hung: Effect.ID?
        /// The last tick in which something disruptive was done to it.
        var disruptedAt: UInt64 = 0
        /// The last tick in which it was killed.
        var killedAt: UInt64 = 0
        /// The last tick in which it was frozen.
        var frozenAt: UInt64 = 0
    }

    private var records = Table<Row, Record>()
    private var budgets: BudgetLedger
    /// What rules that are tried out would have spent.
    private var triedBudgets: BudgetLedger
    private var hits = Array(repeating: UInt64(0), count: BudgetLedger.Item.allCases.count)
    private var allowsKill: Bool

    init(_ budgets: Budgets, allowsKill: Bool) {
        self.budgets = BudgetLedger(budgets)
        triedBudgets = self.budgets
        self.allowsKill = allowsKill
    }

    /// Another policy holds; what was spent stays spent.
    mutating func reload(_ budgets: Budgets, allowsKill: Bool) {
        self.budgets.reload(budgets)
        triedBudgets.reload(budgets)
        self.allowsKill = allowsKill
    }

    // MARK: May it be done?

    /// Why something may not be done; nil, and its budgets are spent, if it may.
    mutating func pass(
        _ request: Request, _ row: Row, _ cgroup: CgroupEntry, _ facts: any CgroupFacts,
        at now: UInt64
    ) -> Refusal? {
        if let refusal = refusal(request, row, cgroup, facts, at: now) { return refusal }
        return spend(request.need, on: cgroup.id, isTried: request.isTried, at: now)
    }

    /// Why something may not be done, budgets apart; nil if it may.
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

    /// Spends from the budgets; the one that is exhausted, or nil.
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

    // MARK: What was done

    /// Takes a cgroup's turn of this tick.
    mutating func takeTurn(
        _ row: Row, at now: UInt64, kills: Bool = false, freezes: Bool = false
    ) {
        records[row].disruptedAt = now
        if kills { records[row].killedAt = now }
        if freezes { records[row].frozenAt = now }
    }

    /// Whether a cgroup's turn is over in this tick.
    func isTurnTaken(_ row: Row, at now: UInt64) -> Bool { records[row].disruptedAt == now }

    /// Whether a cgroup is frozen or killed in this tick, which its descendants wait for.
    func isDisturbed(_ row: Row, at now: UInt64) -> Bool {
        records[row].frozenAt == now || records[row].killedAt == now
    }

    func isHung(_ row: Row) -> Bool { records[row].hung != nil }

    /// An effect did not end within its deadline: nothing more is done to its cgroup until it does.
    mutating func hang(_ row: Row, on effect: Effect.ID) { records[row].hung = effect }

    /// An effect ended after all.
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

    /// How often each budget was exhausted, by its key in the policy.
    var budgetHits: [(budget: String, count: UInt64)] {
        BudgetLedger.Item.allCases.map { ($0.text, hits[$0.rawValue]) }
    }

    /// Whether writes to a cgroup are remembered.
    func remembers(_ cgroup: CgroupID, isTried: Bool) -> Bool {
        (isTried ? triedBudgets : budgets).writesOf[cgroup] != nil
    }
}
