import CgroupModel
import Policy

extension AuditRecord {
    /// A sentence about what the policy would do, or would be refused; nil for a record that is not
    /// from a dry run, or of another phase.
    var dryDecision: String? {
        guard isDryRun, outcome == nil, let action else { return nil }
        let verb: String
        switch phase {
        case .plan, .undo: verb = "would \(action)"
        case .veto: verb = "would not \(action)"
        case .state, .apply, .drift, .conflict, .policy: return nil
        }
        let words = [origin.text, verb, target?.path.description, note].compactMap(\.self)
        return words.joined(separator: " ") + (cause.map { " (\($0.text))" } ?? "")
    }
}
