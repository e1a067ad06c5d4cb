import CgroupModel
import PolicyLanguage

/// The layers between the standing limits and the rules: pools and autosizing.
extension PolicyEngine {
    /// The input of pools and autosizing; nil before the first tick.
    var context: LayerContext? {
        sight.input.map { input in
            LayerContext(
                input: input, document: document, members: matcher.all,
                present: matcher.allPresent,
                holding: limits.holding)
        }
    }

    /// The cgroups that can still use the CPUs of exclusive pools, as of the last tick.
    package var leftovers: [PoolLeftover] {
        guard let context else { return [] }
        return sources.flatMap { $0.leftovers(context) }
    }

    /// Takes the requests of pools and autosizing, and returns their one-time actions.
    mutating func askSources() -> [LayerProposal.Act] {
        guard !sources.isEmpty, let context else { return [] }
        var acts: [LayerProposal.Act] = []
        for place in sources.indices {
            let proposal = sources[place].propose(context)
            let layer = sources[place].layer
            acts += proposal.acts
            guard let wishes = proposal.wishes else { continue }
            values.withdraw(layer: layer)
            for wish in wishes {
                guard let row = sight.rows.row(of: wish.target.cgroup),
                    sight.rows.position(row) != nil
                else { continue }
                values.request(
                    ManagedValue.Request(
                        layer: layer, priority: wish.priority, origin: wish.origin,
                        value: wish.value, cause: wish.cause, isTogether: layer == .pools),
                    of: sight.canonical(wish.key), row)
            }
        }
        return acts
    }

    /// Performs the one-time actions of pools and autosizing that the gate allows.
    mutating func perform(_ acts: [LayerProposal.Act]) {
        for act in acts {
            guard let row = sight.rows.row(of: act.target.cgroup), let entry = sight.entry(row)
            else { continue }
            if let disruption = act.kind.disturbance {
                let isFrozen = freezes.isFrozen(row) || sight.guarded(row)?.isFrozen == true
                let request = Gate.Request(
                    actions: [disruption], takesTurn: true,
                    superseded: isFrozen ? "superseded: it is frozen" : nil,
                    need: BudgetLedger.Need(
                        kills: disruption == .kill ? 1 : 0,
                        freezes: disruption == .freeze ? 1 : 0))
                let refusal = gate.pass(request, row, entry, sight.facts, at: sight.now)
                if let refusal {
                    trail.record(
                        .veto, act.origin, sight.target(row), action: act.kind.name,
                        note: refusal.text)
                    continue
                }
                gate.takeTurn(row, at: sight.now)
            }
            emit(act.kind, act.origin, row, act.cause)
        }
    }
}

extension Effect.Kind {
    fileprivate var disturbance: DisruptiveAction? {
        switch self {
        case .freeze: .freeze
        case .kill: .kill
        case .reclaim: .reclaim
        default: nil
        }
    }
}
