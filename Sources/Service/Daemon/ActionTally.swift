import Enforcement
import Policy
import PolicyLanguage
import Synchronization

/// Counts the actions of each rule, for the exporter.
final class ActionTally: Sendable {
    /// The labels of a count.
    struct Key: Hashable, Comparable {
        /// The rule's name; other origins include their kind: `guard db`.
        let rule: String
        /// The action: `freeze`, `set`.
        let action: String
        /// The result: `applied`, `failed` or `dry_run`.
        let result: String

        static func < (left: Key, right: Key) -> Bool {
            (left.rule, left.action, left.result) < (right.rule, right.action, right.result)
        }
    }

    /// A count, and the time of the last action in microseconds since 1970.
    struct Count {
        var count: UInt64 = 0
        var last: UInt64 = 0
    }

    private let counts = Mutex<[Key: Count]>([:])

    /// The counts so far, in the order of their keys.
    var current: [(key: Key, value: Count)] {
        counts.withLock { $0.sorted { $0.key < $1.key } }
    }

    /// Starts the counts of a policy's rules at 0, because a rate needs a 0 before the first 1.
    func expect(_ policy: PolicyDocument) {
        counts.withLock { counts in
            for rule in policy.rules {
                let isDry = rule.isDryRun || policy.defaults.isDryRun
                for action in rule.actions {
                    for result in isDry ? ["dry_run"] : ["applied", "failed"] {
                        let key = Key(
                            rule: rule.name, action: action.kind.effectName, result: result)
                        counts[key, default: Count()].count += 0
                    }
                }
            }
        }
    }

    /// Counts a line of the audit log, if it reports an action.
    func take(_ record: AuditRecord) {
        guard record.phase == .apply, let action = record.action, let outcome = record.outcome,
            let result = Self.result(outcome, isDryRun: record.isDryRun)
        else { return }
        let rule = record.origin.name
        counts.withLock { counts in
            let key = Key(rule: rule, action: action, result: result)
            counts[key, default: Count()].count += 1
            counts[key]?.last = record.wallTime
        }
    }

    /// The result label; nil for an action that was not attempted.
    private static func result(_ outcome: EffectResult.Outcome, isDryRun: Bool) -> String? {
        switch outcome {
        case .done, .partial, .ineffective: isDryRun ? "dry_run" : "applied"
        case .failed, .rolledBack, .halfway, .hung: "failed"
        case .vetoed, .gone, .skipped: nil
        }
    }
}
