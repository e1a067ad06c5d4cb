internal import Actuation

/// What the report says about the deadline of a change.
///
/// A value that was right already is undone only if an earlier command of cgwarden set it.
extension LimitReport {
    private static let nothing = "nothing was changed, so nothing will be undone\n"
    private static let nothingPlanned = "nothing would be changed, so nothing would be undone\n"

    /// The lines below a plan; empty if it does not expire.
    var plannedExpiry: String {
        guard let sentence = expiry.plan else { return "" }
        let stay = plan.writes.indices.filter {
            plan.writes[$0].isDone && !renewable.contains($0)
        }
        if stay.count == plan.writes.count { return Self.nothingPlanned }
        return exceptions(stay) + "\(sentence)\n"
    }

    /// The lines below the results; nil if nothing of them expires.
    func expiryText(_ results: [LimitResult]) -> String? {
        guard expiry.duration != nil else { return nil }
        let stay = results.indices.filter { results[$0].isLeftAsItWas }
        if stay.count == results.count { return Self.nothing }
        guard expires(results), let sentence = expiry.sentence(changeNumber) else { return nil }
        return exceptions(stay) + "\(sentence)\n"
    }

    /// Whether any of the results is undone at the deadline.
    func expires(_ results: [LimitResult]) -> Bool {
        results.contains { $0.isRenewed || $0.outcome.isUndoable }
    }

    /// The line about values that are not undone; empty without any.
    private func exceptions(_ stay: [Int]) -> String {
        if stay.isEmpty { return "" }
        let names = stay.map { index in
            [plan.writes[index].name, plan.writes[index].instance].compactMap(\.self)
                .joined(separator: " ")
        }
        return "unchanged, so not undone: \(names.joined(separator: ", "))\n"
    }
}

extension LimitResult {
    /// Whether the value was right already, and nothing will undo it.
    fileprivate var isLeftAsItWas: Bool {
        if case .unchanged = outcome { return !isRenewed }
        return false
    }
}
