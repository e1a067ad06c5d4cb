import CgroupModel
import PolicyLanguage

/// Numbers the lines of the audit log, and keeps those of one tick until they are taken.
struct AuditTrail: Sendable {
    private var records: [AuditRecord] = []
    private var sequence: UInt64 = 1
    private var counts: [AuditRecord.Phase: UInt64] = [:]
    /// The wall clock of the lines to come, in microseconds since 1970.
    var wallTime: UInt64 = 0
    /// Whether the whole policy is tried out, so that no line tells of something real.
    var isDryRun: Bool

    init(isDryRun: Bool) { self.isDryRun = isDryRun }

    mutating func record(
        _ phase: AuditRecord.Phase, _ origin: Effect.Origin, _ target: Effect.Target? = nil,
        effect: Effect.ID? = nil, action: String? = nil, changes: [EffectResult.Change] = [],
        outcome: EffectResult.Outcome? = nil, note: String? = nil, cause: Cause? = nil,
        isDryRun: Bool = false
    ) {
        records.append(
            AuditRecord(
                wallTime: wallTime, sequence: sequence, phase: phase, origin: origin,
                target: target, effect: effect, action: action, changes: changes,
                outcome: outcome, note: note, cause: cause, isDryRun: isDryRun || self.isDryRun))
        sequence += 1
        counts[phase, default: 0] += 1
    }

    /// How many lines of a phase there were since the engine began.
    func count(of phase: AuditRecord.Phase) -> UInt64 { counts[phase] ?? 0 }

    /// Removes and returns the lines since the last call.
    mutating func take() -> [AuditRecord] {
        let taken = records
        records = []
        return taken
    }
}
