import CgroupModel
import PolicyLanguage

/// What layers and rules want values to be, what was written, and what has to be written next.
///
/// Each value of a cgroup is a ``ManagedValue``: a real one, and another for rules that are tried
/// out. What must be written is sent to the outbox, after the gate was asked.
struct ValueBoard: Sendable {
    private var cgroups = Table<Row, CgroupValues>()
    /// The rows of which an OOM guard has values.
    private var guardedRows: Set<Row> = []
    /// What is done about a change by someone else.
    var reaction: DriftReaction

    init(reaction: DriftReaction) { self.reaction = reaction }

    // MARK: Rows

    mutating func grow(to count: Int) { cgroups.grow(to: count, with: CgroupValues()) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row) {
        cgroups[row] = CgroupValues()
        guardedRows.remove(row)
    }

    /// Forgets what is wanted of a cgroup, as the policy ends.
    mutating func clear(_ row: Row) { cgroups[row] = CgroupValues() }

    /// What was only told so far was never written.
    mutating func forgetWrites() {
        for row in cgroups.indices {
            for slot in cgroups[row].slots.indices {
                cgroups[row].slots[slot].applied = nil
                cgroups[row].slots[slot].isDirty = true
            }
        }
    }

    // MARK: Requests

    /// Adds a request, or replaces that of the same origin.
    mutating func request(
        _ request: ManagedValue.Request, of key: LimitKey, _ row: Row, isDryRun: Bool = false
    ) {
        cgroups[row].request(request, of: key, isDryRun: isDryRun)
    }

    /// Drops the requests of some origins for one cgroup.
    mutating func withdraw(_ row: Row, where isDropped: (Effect.Origin) -> Bool) {
        cgroups[row].withdraw { isDropped($0.origin) }
    }

    /// Drops the requests of some origins for every cgroup.
    mutating func withdraw(where isDropped: (Effect.Origin) -> Bool) {
        for row in cgroups.indices where !cgroups[row].slots.isEmpty {
            cgroups[row].withdraw { isDropped($0.origin) }
        }
    }

    /// Drops all that the source of a layer requested; an OOM guard's values are not a source's.
    mutating func withdraw(layer: Layer) {
        for row in cgroups.indices where !cgroups[row].slots.isEmpty {
            cgroups[row].withdraw { $0.layer == layer && !$0.origin.isGuard }
        }
    }

    /// Multiplies what an origin wants; whether any of its requests is left.
    mutating func widen(
        _ row: Row, _ origin: Effect.Origin, by factor: Double, usage: Double?, _ cause: Cause,
        _ sight: Sight
    ) -> Bool {
        cgroups[row].widen(
            origin, by: factor, usage: usage, cause, host: sight.input?.snapshot.host)
    }

    /// Takes what guards have made of values.
    mutating func takeGuards(_ sight: Sight) {
        guard let claims = sight.input?.guarded, !claims.isEmpty || !guardedRows.isEmpty else {
            return
        }
        var guarded: Set<Row> = []
        for (id, claim) in claims {
            guard let row = sight.rows.row(of: id), sight.rows.position(row) != nil else {
                continue
            }
            guarded.insert(row)
            cgroups[row].take(claim)
        }
        for row in guardedRows.subtracting(guarded) {
            cgroups[row].withdraw { $0.origin.isGuard }
        }
        guardedRows = guarded
    }

    /// Takes values over that an earlier daemon set as they are wanted now.
    mutating func inherit(_ keys: [LimitKey], _ row: Row, _ sight: Sight) {
        cgroups[row].inherit(keys, row, sight)
    }

    // MARK: Writing

    /// Writes what differs from what is wanted: first what gives more, outer cgroups before inner
    /// ones; then what takes away, inner ones before outer.
    mutating func reconcile(
        widening: Bool, _ sight: Sight, _ gate: inout Gate, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        guard let snapshot = sight.input?.snapshot else { return }
        let count = sight.rows.rowAt.count
        for step in 0..<count {
            let position = widening ? step : count - 1 - step
            let row = sight.rows.rowAt[position]
            guard cgroups[row].isDirty else { continue }
            cgroups[row].reconcile(
                row, snapshot.cgroups[position], widening: widening, sight, &gate, &outbox, &trail)
        }
    }

    /// Writes what differs from what is wanted of a cgroup that no snapshot has yet.
    mutating func reconcile(
        newborn entry: CgroupEntry, _ row: Row, _ sight: Sight, _ gate: inout Gate,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        // In another hierarchy it may have files now that were missing.
        for slot in cgroups[row].slots.indices where cgroups[row].slots[slot].isMissing {
            cgroups[row].slots[slot].retryAt = sight.now
        }
        for widening in [true, false] {
            cgroups[row].reconcile(row, entry, widening: widening, sight, &gate, &outbox, &trail)
        }
    }

    /// Sets what a step of a rule wants, as far as no higher layer wants something else.
    ///
    /// The effect is nil if nothing is written; `vetoes` counts the values that went to another.
    mutating func set(
        _ requests: [(key: LimitKey, request: ManagedValue.Request)], _ step: CgroupValues.Step,
        _ row: Row, _ sight: Sight, _ gate: Gate, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) -> (effect: Effect.ID?, vetoes: UInt64) {
        cgroups[row].set(
            requests, step, row, sight, isHung: gate.isHung(row), &outbox, &trail)
    }

    /// Takes the result of a write.
    mutating func takeSet(
        _ assignments: [LimitAssignment], _ result: EffectResult, _ effect: Effect, _ row: Row,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        cgroups[row].takeSet(assignments, result, effect, row, sight, &outbox, &trail)
    }

    /// Takes the result of a restore.
    mutating func takeRestore(
        _ keys: [LimitKey], _ result: EffectResult, _ effect: Effect, _ row: Row,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        cgroups[row].takeRestore(keys, result, effect, row, sight, &outbox, &trail)
    }

    /// Compares what the snapshot shows of some positions with what was read back after the last
    /// writes.
    mutating func noticeDrift(
        _ positions: some RangeExpression<Int>, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        for row in sight.rows.rowAt[positions] {
            cgroups[row].noticeDrift(row, reaction, sight, &outbox, &trail)
        }
    }

    // MARK: Reading

    /// What a value is now, as far as is known: what was written last, or what the snapshot shows.
    func current(
        _ key: LimitKey, _ row: Row, isDryRun: Bool = false, _ sight: Sight
    ) -> LimitValue? {
        cgroups[row].knownSlot(of: key, isDryRun: isDryRun)
            .flatMap { cgroups[row].slots[$0].applied } ?? sight.actual(key, row)
    }

    /// The values that are really kept, each with the origin that wins.
    func kept(_ row: Row) -> [(key: LimitKey, origin: Effect.Origin)] {
        cgroups[row].slots.compactMap { value in
            guard !value.isDryRun, !value.isYielded, let outcome = value.outcome,
                !outcome.isImpossible
            else { return nil }
            return (value.key, outcome.request.origin)
        }
    }

    /// What all layers but the guards want values of a cgroup to be.
    func belowGuards(_ row: Row) -> [LimitKey: LimitValue] { cgroups[row].belowGuards }

    /// The values that anyone really wants.
    func wantedKeys(_ row: Row) -> [LimitKey] {
        cgroups[row].slots.filter { !$0.isDryRun && !$0.requests.isEmpty }.map(\.key)
    }

    /// The values that have to be put back as the policy ends.
    func keysToRestore(_ row: Row, isDryRun: Bool) -> [LimitKey] {
        cgroups[row].slots.filter {
            $0.isDryRun == isDryRun && ($0.applied != nil || $0.inFlight != nil)
        }.map(\.key)
    }

    /// Whether a write of an origin failed and will be tried again.
    func isRetrying(_ row: Row, _ origin: Effect.Origin) -> Bool {
        cgroups[row].slots.contains { $0.tries > 0 && $0.writer == origin }
    }

    /// The values that nobody wants any more and that could not be put back yet.
    func owed(_ row: Row) -> [LimitKey] { cgroups[row].slots.filter(\.isOwed).map(\.key) }

    /// The values that are wanted and could not be set, with the reasons.
    func failing(_ row: Row) -> [(key: LimitKey, reason: String)] {
        cgroups[row].slots.compactMap { value in
            value.requests.isEmpty ? nil : value.failure.map { (value.key, $0) }
        }
    }

    /// Every real value that a layer wants, in the order of the names.
    func explanations(_ row: Row, _ sight: Sight) -> [ValueExplanation] {
        cgroups[row].explanations(row, sight)
    }
}
