import Enforcement
import Logging
import Policy
import Synchronization

/// Writes decisions and actions to the audit log, one line each, in order of arrival.
///
/// Actions are also events. Decisions of a dry run also go to the program's log, where the user who
/// started it sees them.
final class AuditTrail: Sendable {
    private let log: AuditLog?
    private let events: EventInbox
    private let logger: Logger
    /// The maximum number of plans without a result.
    private static let mostPlans = 4096
    /// The values that effects of a dry run would write, until their results arrive.
    private let plans = Mutex<[Effect.ID: String]>([:])
    /// The counts of the actions written.
    let actions = ActionTally()

    init(_ log: AuditLog?, _ events: EventInbox, _ logger: Logger) {
        self.log = log
        self.events = events
        self.logger = logger
    }

    /// Whether the log currently cannot be written.
    var isFailing: Bool { log?.isFailing ?? false }
    /// The reason why the log cannot be written; nil if it can.
    var failure: String? { log?.failure }
    /// The number of lines lost.
    var dropped: UInt64 { log?.dropped ?? 0 }

    func write(_ records: [AuditRecord]) { for record in records { write(record) } }

    func write(_ record: AuditRecord) {
        actions.take(record)
        if let event = record.event(planned: plan(record)) { events.put([event]) }
        log?.append(record)
        if let decision = record.dryDecision { logger.info("dry run: \(decision)") }
    }

    /// Keeps the values of a plan in a dry run; returns them for the result, which lacks them.
    private func plan(_ record: AuditRecord) -> String? {
        guard record.isDryRun, let effect = record.effect else { return nil }
        return plans.withLock { plans in
            if record.outcome != nil { return plans.removeValue(forKey: effect) }
            if plans.count >= Self.mostPlans { plans = [:] }
            if ["set", "restore"].contains(record.action) { plans[effect] = record.note }
            return nil
        }
    }

    /// Probes a failing log at each tick, because no other line may come for a long time.
    func tryAgain(at wallTime: UInt64) {
        guard let log, log.isFailing else { return }
        log.tryAgain(
            with: AuditRecord(
                wallTime: wallTime, sequence: 0, phase: .policy, origin: .engine,
                note: "the audit log is writable again; \(log.dropped) lines were lost"))
    }

    func reopen() { log?.reopen() }

    func finish() { _ = log?.waitUntilWritten(within: .seconds(5)) }
}
