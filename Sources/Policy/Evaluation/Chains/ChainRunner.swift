import CgroupModel
import PolicyLanguage

/// One firing of a rule on a cgroup: its steps that are not done yet.
struct Chain: Sendable {
    /// One step of a rule.
    struct Step: Hashable, Sendable {
        /// The place among the rule's actions.
        let action: Int
        /// Whether it is a disruptive action, of which a cgroup gets one a tick.
        let isDisruptive: Bool
    }

    let rule: RuleIndex
    let row: Row
    /// The number that its effects carry.
    let number: UInt64
    let cause: Cause
    fileprivate(set) var steps: ArraySlice<Step>
    /// The effect of the disruptive step that was done last in this tick.
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

    /// Notes what a step has become; `effect` is nil if it had nothing to do.
    mutating func did(_ step: Step, _ effect: Effect.ID?) {
        if step.isDisruptive { last = effect }
    }

    fileprivate func moved(to rule: RuleIndex) -> Chain {
        var chain = Chain(rule: rule, row: row, number: number, cause: cause, actions: [])
        chain.steps = steps
        return chain
    }
}

/// The chains of which a step waits for an effect.
///
/// The steps of a chain are done at once until a second disruptive one: that waits until the first
/// has succeeded, and ends with the chain if it did not.
struct ChainRunner: Sendable {
    private var waiting: [Effect.ID: Chain] = [:]
    private var ready: [Chain] = []

    /// Takes the next step off a chain; nil if none is left, or if the next one has to wait.
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

    /// An effect has ended: the chain that waits for it goes on in the next tick, or ends.
    mutating func ended(_ effect: Effect.ID, goesOn: Bool) {
        guard let chain = waiting.removeValue(forKey: effect), goesOn else { return }
        ready.append(chain)
    }

    /// Removes and returns the chains that can go on.
    mutating func takeReady() -> [Chain] {
        let taken = ready
        ready = []
        return taken
    }

    /// A rule does not act on a cgroup any more.
    mutating func end(_ rule: RuleIndex, _ row: Row) {
        keep { $0.rule != rule || $0.row != row }
    }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row) { keep { $0.row != row } }

    /// Gives chains the places of their rules in another policy; those of other rules end.
    mutating func renumber(_ places: [RuleIndex: RuleIndex]) {
        waiting = waiting.compactMapValues { chain in places[chain.rule].map(chain.moved) }
        ready = ready.compactMap { chain in places[chain.rule].map(chain.moved) }
    }

    private mutating func keep(_ isKept: (Chain) -> Bool) {
        if !waiting.isEmpty { waiting = waiting.filter { isKept($0.value) } }
        ready.removeAll { !isKept($0) }
    }
}
