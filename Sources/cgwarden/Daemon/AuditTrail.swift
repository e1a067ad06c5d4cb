import Enforcement
import Policy
import Synchronization

/// Writes what was decided and done, one line each, in the order in which it comes.
final class AuditTrail: Sendable {
    private let log: AuditLog?
    private let next = Mutex<UInt64>(1)
    /// What all of it comes to.
    let actions = ActionTally()

    init(_ log: AuditLog?) { self.log = log }

    /// Whether the log cannot be written now.
    var isFailing: Bool { log?.isFailing ?? false }
    /// Why, nil while all is well.
    var failure: String? { log?.failure }
    /// Lines that were lost.
    var dropped: UInt64 { log?.dropped ?? 0 }

    func write(_ records: [AuditRecord]) { for record in records { write(record) } }

    func write(_ record: AuditRecord) {
        actions.take(record)
        log?.append(record)
    }

    /// While the log fails, tries at each tick whether it works again, which nothing else may do for
    /// a long time.
    func tryAgain(at wallTime: UInt64) {
        guard let log, log.isFailing else { return }
        log.tryAgain(
            with: AuditRecord(
                wallTime: wallTime, sequence: 0, phase: .policy, origin: .engine,
                note: "the audit log can be written again; \(log.dropped) lines of it were lost"))
    }

    func reopen() { log?.reopen() }

    func finish() { _ = log?.waitUntilWritten(within: .seconds(5)) }
}
