import CgroupModel
import PolicyLanguage

/// Explains how values were decided.
extension CgroupValues {
    /// Explains every value of a cgroup except those of dry runs, sorted by name.
    func explanations(_ row: Row, _ sight: Sight) -> [ValueExplanation] {
        slots.filter { !$0.isDryRun }.map { Self.explanation($0, row, sight) }
    }

    private static func explanation(
        _ value: ManagedValue, _ row: Row, _ sight: Sight
    ) -> ValueExplanation {
        let outcome = value.outcome
        let sorted = value.requests.enumerated().sorted { left, right in
            left.element.isAbove(right.element)
                || (!right.element.isAbove(left.element) && left.offset < right.offset)
        }.map(\.element)
        return ValueExplanation(
            target: sight.target(row), key: value.key,
            requests: sorted.map {
                ValueExplanation.Request(
                    layer: $0.layer, priority: $0.priority, origin: $0.origin, value: $0.value,
                    cause: $0.cause)
            }, winner: outcome?.request.origin, wanted: outcome?.request.value,
            reason: reason(value, outcome, row, sight), original: value.original,
            actual: sight.actual(value.key, row))
    }

    private static func reason(
        _ value: ManagedValue, _ outcome: ManagedValue.Outcome?, _ row: Row, _ sight: Sight
    ) -> String {
        if value.isYielded { return "given up, because another program keeps changing it" }
        if let entry = sight.entry(row), let hold = sight.facts.hold(on: entry) {
            return "held: \(hold)"
        }
        if let guarded = sight.guarded(row), guarded.owns(value.key) {
            return "controlled by guard \(guarded.name)"
        }
        if let failure = value.failure { return "cannot be set: \(failure)" }
        if let told = value.told { return told }
        guard let outcome else { return "no longer requested" }
        if outcome.isImpossible { return "conflicting requests; left unchanged" }
        if !outcome.against.isEmpty { return "the stricter of equal requests" }
        return value.requests.count > 1 ? "highest layer" : "only request"
    }
}
