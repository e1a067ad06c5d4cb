import CgroupModel
import PolicyLanguage

/// The layers below the rules: standing limits, pools and autosizing.
extension PolicyEngine {
    /// Adds and withdraws the requests of standing limits as conditions and members change.
    mutating func takeLimits() {
        guard let minute = sight.input?.minuteOfDay else { return }
        for index in limits.indices where limits[index].disabled == nil {
            let wasHolding = limits[index].holds
            let isInWindow = limits[index].limits.during?.contains(minute) ?? true
            limits[index].update(
                isInWindow: isInWindow, elapsed: sight.isGap ? 0 : sight.elapsed, measurements)
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
            for row in members where !limits[index].requested.contains(row) {
                request(index, row)
            }
            limits[index].requested = kept
        }
    }

    /// Requests the values of standing limits for a cgroup.
    mutating func request(_ index: Int, _ row: Row) {
        for (key, request) in limits[index].requests { values.request(request, of: key, row) }
    }

    /// The input of pools and autosizing; nil before the first tick.
    var context: LayerContext? {
        sight.input.map { input in
            LayerContext(
                input: input, document: document, members: matcher.all,
                present: matcher.allPresent, membersChanged: membersChanged,
                holding: limits.map(\.holds))
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
