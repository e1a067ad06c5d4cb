import CgroupModel
import Events
import Policy

extension AuditRecord {
    /// The maximum length of a text in an event, in bytes.
    private static let longestText = 200

    /// The event for an action that was done, was reverted or failed; nil for other records.
    ///
    /// `planned` are the values that a dry run would have written; nil if there are none.
    func event(planned: String?) -> Event? {
        guard phase == .apply || phase == .undo, let action, let outcome,
            let result = outcome.word(isDryRun: isDryRun)
        else { return nil }
        var details: [EventField: EventValue] = [
            .by: .bytes(Array(origin.text.utf8)), .action: .text(action), .result: .text(result),
        ]
        let changes = changes.map { "\($0.key)=\($0.wanted)" }
        let written = changes.isEmpty ? planned : changes.joined(separator: " ")
        if let written { details[.change] = Self.text(written) }
        if let reason = outcome.reason ?? cause?.text { details[.reason] = Self.text(reason) }
        let place = target.map { EventCgroup($0.path, $0.cgroup) }
        return Event(.action, .now, place, details)
    }

    private static func text(_ text: String) -> EventValue {
        .bytes(Array(String(decoding: text.utf8.prefix(longestText), as: UTF8.self).utf8))
    }
}

extension EffectResult.Outcome {
    /// The word for an event; nil for an action that was not attempted.
    fileprivate func word(isDryRun: Bool) -> String? {
        switch self {
        case .done: isDryRun ? "dry_run" : "done"
        case .partial: isDryRun ? "dry_run" : "partial"
        case .ineffective: isDryRun ? "dry_run" : "ineffective"
        case .failed: "failed"
        case .rolledBack: "rolled_back"
        case .halfway: "halfway"
        case .hung: "hung"
        case .vetoed, .gone, .skipped: nil
        }
    }

    /// Why it was not done as requested; nil if it was, or if there is no reason.
    fileprivate var reason: String? {
        switch self {
        case .partial(let reason), .ineffective(let reason): reason
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure):
            failure.message
        case .done, .hung, .vetoed, .gone, .skipped: nil
        }
    }
}
