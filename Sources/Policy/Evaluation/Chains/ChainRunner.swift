import CgroupModel
import PolicyLanguage

/// The remaining steps of one firing of a rule on one cgroup.
struct Chain: Sendable {
    /// One step of a rule.
    struct Step: Hashable, Sendable {
        /// The index among the rule's actions.
        let action: Int
        /// Whether the action is disruptive; a cgroup gets at most one of those per tick.
        let isDisruptive: Bool
    }

    let rule: RuleIndex
    let row: Row
    /// The number that all its effects carry.
    let number: UInt64
    let cause: Cause
    fileprivate(set) var steps: ArraySlice<Step>
    /// The effect of the last disruptive step in this tick.
    fileprivate var last: Effect.ID?

    init(rule: RuleIndex, row: Row, number: UInt64, cause: Cause, actions: [RuleAction]) {
        self.rule = rule
        self.row = row
        self.number = number
        self.cause = cause
        steps =
            actions.enumerated().map {
                Step(action: $0.offset, isDisruptive: $0.element.kind.disturbance != nil)
            }[...]
    }

    /// Records the effect of a step; nil if the step had nothing to do.
    mutating func did(_ step: Step, _ effect: Effect.ID?) {
        if step.isDisruptive { last = effect }
    }

    fileprivate func moved(to rule: RuleIndex) -> Chain {
        var chain = Chain(rule: rule, row: row, number: number, cause: cause, actions: [])
        chain.steps = steps
        return chain
    }
}

/// The chains that wait for the result of an effect.
///
/// The steps of a chain run in one tick up to the second disruptive one, which waits for the result
/// of the first. If the first fails, the chain ends.
struct ChainRunner: Sendable {
    private var waiting: [Effect.ID: Chain] = [:]
    private var ready: [Chain] = []

    /// Removes and returns the next step of a chain; nil if none is left, or if it must wait.
    mutating func nextStep(of chain: inout Chain) -> Chain.Step? {
        guard let step = chain.steps.first else { return nil }
        if step.isDisruptive, let last = chain.last {
            chain.last = nil
            waiting[last] = chain
            return nil
        }
        chain.steps.removeFirst()
        return step
    }

    /// Records the end of an effect: the chain that waits for it continues or ends.
    mutating func ended(_ effect: Effect.ID, goesOn: Bool) {
        guard let chain = waiting.removeValue(forKey: effect), goesOn else { return }
        ready.append(chain)
    }

    /// Removes and returns the chains that can continue.
    mutating func takeReady() -> [Chain] {
        let taken = ready
        ready = []
        return taken
    }

    /// Ends the chains of a rule on a cgroup.
    mutating func end(_ rule: RuleIndex, _ row: Row) {
        keep { $0.rule != rule || $0.row != row }
    }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row) { keep { $0.row != row } }

    /// Maps chains to the rule indices of a new policy; chains of rules without one end.
    mutating func renumber(_ places: [RuleIndex: RuleIndex]) {
        waiting = waiting.compactMapValues { chain in places[chain.rule].map(chain.moved) }
        ready = ready.compactMap { chain in places[chain.rule].map(chain.moved) }
    }

    private mutating func keep(_ isKept: (Chain) -> Bool) {
        if !waiting.isEmpty { waiting = waiting.filter { isKept($0.value) } }
        ready.removeAll { !isKept($0) }
    }
}
