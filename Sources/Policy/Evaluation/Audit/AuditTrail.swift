import CgroupModel
import PolicyLanguage

/// Numbers the records of the audit log and collects those of one tick.
struct AuditTrail: Sendable {
    private var records: [AuditRecord] = []
    private var sequence: UInt64 = 1
    /// The newest changes by other programs, the last one last.
    private(set) var drifts: [AuditRecord] = []
    private static let mostDrifts = 5
    private var counts: [AuditRecord.Phase: UInt64] = [:]
    /// The wall-clock time of the next records, in microseconds since 1970.
    var wallTime: UInt64 = 0
    /// Whether the whole policy is a dry run, which marks every record.
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
        if phase == .drift, let last = records.last {
            drifts = (drifts + [last]).suffix(Self.mostDrifts)
        }
    }

    /// The number of records of a phase since the engine started.
    func count(of phase: AuditRecord.Phase) -> UInt64 { counts[phase] ?? 0 }

    /// Removes and returns the records since the last call.
    mutating func take() -> [AuditRecord] {
        let taken = records
        records = []
        return taken
    }
}
