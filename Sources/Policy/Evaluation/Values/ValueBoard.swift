import CgroupModel
import PolicyLanguage

/// The requests of all layers, the values written for them, and what must be written next.
///
/// Each value of a cgroup is a ``ManagedValue``; dry-run rules have a separate one. Writes that the
/// gate allows go to the outbox.
struct ValueBoard: Sendable {
    private var cgroups = Table<Row, CgroupValues>()
    /// The rows with values of an OOM guard.
    private var guardedRows: Set<Row> = []
    /// The reaction to a change by another program.
    var reaction: DriftReaction

    init(reaction: DriftReaction) { self.reaction = reaction }

    // MARK: Rows

    mutating func grow(to count: Int) { cgroups.grow(to: count, with: CgroupValues()) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row) {
        cgroups[row] = CgroupValues()
        guardedRows.remove(row)
    }

    /// Forgets the values of a cgroup when the policy ends.
    mutating func clear(_ row: Row) { cgroups[row] = CgroupValues() }

    /// Forgets the writes of a dry run, which never happened.
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

    /// Withdraws the requests of some origins for one cgroup.
    mutating func withdraw(_ row: Row, where isDropped: (Effect.Origin) -> Bool) {
        cgroups[row].withdraw { isDropped($0.origin) }
    }

    /// Withdraws the requests of some origins for every cgroup.
    mutating func withdraw(where isDropped: (Effect.Origin) -> Bool) {
        for row in cgroups.indices where !cgroups[row].slots.isEmpty {
            cgroups[row].withdraw { isDropped($0.origin) }
        }
    }

    /// Withdraws the requests of a layer's source; those of OOM guards are kept.
    mutating func withdraw(layer: Layer) {
        for row in cgroups.indices where !cgroups[row].slots.isEmpty {
            cgroups[row].withdraw { $0.layer == layer && !$0.origin.isGuard }
        }
    }

    /// Multiplies the requests of an origin, and returns whether any is left.
    mutating func widen(
        _ row: Row, _ origin: Effect.Origin, by factor: Double, usage: Double?, _ cause: Cause,
        _ sight: Sight
    ) -> Bool {
        cgroups[row].widen(
            origin, by: factor, usage: usage, cause, host: sight.input?.snapshot.host)
    }

    /// Replaces the guards' requests with the values that guards have set.
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
            cgroups[row].adopt(claim)
        }
        for row in guardedRows.subtracting(guarded) {
            cgroups[row].withdraw { $0.origin.isGuard }
        }
        guardedRows = guarded
    }

    /// Takes over requested values that an earlier daemon has already set.
    mutating func inherit(_ keys: [LimitKey], _ row: Row, _ sight: Sight) {
        cgroups[row].inherit(keys, row, sight)
    }

    // MARK: Writing

    /// Writes the values that differ from their requests: those that widen, parents first, or all
    /// others, children first.
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

    /// Writes the requested values of a cgroup that is not in a snapshot yet.
    mutating func reconcile(
        newborn entry: CgroupEntry, _ row: Row, _ sight: Sight, _ gate: inout Gate,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        // Files that were missing may exist now: the cgroup was created in another hierarchy, too.
        for slot in cgroups[row].slots.indices where cgroups[row].slots[slot].isMissing {
            cgroups[row].slots[slot].retryAt = sight.now
        }
        for widening in [true, false] {
            cgroups[row].reconcile(row, entry, widening: widening, sight, &gate, &outbox, &trail)
        }
    }

    /// Sets the values of a rule's step, except those that a higher request overrides.
    ///
    /// The effect is nil if nothing is written; `vetoes` counts the values that a higher request
    /// overrides.
    mutating func set(
        _ requests: [(key: LimitKey, request: ManagedValue.Request)], _ step: CgroupValues.Step,
        _ row: Row, _ sight: Sight, _ gate: Gate, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) -> (effect: Effect.ID?, vetoes: UInt64) {
        cgroups[row].set(
            requests, step, row, sight, isHung: gate.isHung(row), &outbox, &trail)
    }

    /// Handles the result of a write.
    mutating func takeSet(
        _ assignments: [LimitAssignment], _ result: EffectResult, _ effect: Effect, _ row: Row,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        cgroups[row].takeSet(assignments, result, effect, row, sight, &outbox, &trail)
    }

    /// Handles the result of a restore.
    mutating func takeRestore(
        _ keys: [LimitKey], _ result: EffectResult, _ effect: Effect, _ row: Row,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        cgroups[row].takeRestore(keys, result, effect, row, sight, &outbox, &trail)
    }

    /// Compares the snapshot at some positions with what was read back after the last writes.
    mutating func noticeDrift(
        _ positions: some RangeExpression<Int>, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        for row in sight.rows.rowAt[positions] {
            cgroups[row].noticeDrift(row, reaction, sight, &outbox, &trail)
        }
    }

    // MARK: Reading

    /// Returns the current value: the last one written, or else the one in the snapshot.
    func current(
        _ key: LimitKey, _ row: Row, isDryRun: Bool = false, _ sight: Sight
    ) -> LimitValue? {
        cgroups[row].knownSlot(of: key, isDryRun: isDryRun)
            .flatMap { cgroups[row].slots[$0].applied } ?? sight.actual(key, row)
    }

    /// Returns the values that the policy maintains, each with the origin of the request that wins.
    func kept(_ row: Row) -> [(key: LimitKey, origin: Effect.Origin)] {
        cgroups[row].slots.compactMap { value in
            guard !value.isDryRun, !value.isYielded, let outcome = value.outcome,
                !outcome.isImpossible
            else { return nil }
            return (value.key, outcome.request.origin)
        }
    }

    /// Returns the values that the layers below the guards request for a cgroup.
    func belowGuards(_ row: Row) -> [LimitKey: LimitValue] { cgroups[row].belowGuards }

    /// Returns the values that are requested, excluding dry runs.
    func wantedKeys(_ row: Row) -> [LimitKey] {
        cgroups[row].slots.filter { !$0.isDryRun && !$0.requests.isEmpty }.map(\.key)
    }

    /// Returns the values to restore when the policy ends.
    func keysToRestore(_ row: Row, isDryRun: Bool) -> [LimitKey] {
        cgroups[row].slots.filter {
            $0.isDryRun == isDryRun && ($0.applied != nil || $0.inFlight != nil)
        }.map(\.key)
    }

    /// Whether a write of an origin failed and will be retried.
    func isRetrying(_ row: Row, _ origin: Effect.Origin) -> Bool {
        cgroups[row].slots.contains { $0.tries > 0 && $0.writer == origin }
    }

    /// Returns the values that are no longer requested and could not be restored yet.
    func owed(_ row: Row) -> [LimitKey] { cgroups[row].slots.filter(\.isOwed).map(\.key) }

    /// Returns the requested values that could not be set, with the reasons.
    func failing(_ row: Row) -> [(key: LimitKey, reason: String)] {
        cgroups[row].slots.compactMap { value in
            value.requests.isEmpty ? nil : value.failure.map { (value.key, $0) }
        }
    }

    /// Explains every value of a cgroup except those of dry runs, sorted by name.
    func explanations(_ row: Row, _ sight: Sight) -> [ValueExplanation] {
        cgroups[row].explanations(row, sight)
    }
}
