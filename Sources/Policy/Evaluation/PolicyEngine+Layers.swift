import CgroupModel
import PolicyLanguage

/// The layers below the rules: standing limits, pools and autosizing.
extension PolicyEngine {
    /// Adds and drops the requests of standing limits, as they begin and end to hold and as cgroups
    /// come and go.
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
            // No snapshot tells of them yet.
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

    /// What pools and autosizing may look at; nil before the first tick.
    var context: LayerContext? {
        sight.input.map { input in
            LayerContext(
                input: input, document: document, members: matcher.all,
                present: matcher.allPresent, membersChanged: membersChanged,
                holding: limits.map(\.holds))
        }
    }

    /// Who may still use the CPUs of exclusive pools, as of the last tick.
    package var leftovers: [PoolLeftover] {
        guard let context else { return [] }
        return sources.flatMap { $0.leftovers(context) }
    }

    /// Asks pools and autosizing; the answer is what they want done once in this tick.
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

    /// Does what pools and autosizing want done once, as far as nothing speaks against it.
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
