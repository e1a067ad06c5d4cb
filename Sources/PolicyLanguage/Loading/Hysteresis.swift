extension Condition {
    /// Returns the default `until` of a rule: the negation, with thresholds moved by a share, so
    /// that the rule does not flap while a value is near the threshold.
    func opposite(hysteresis: Double) -> Condition {
        let moved = eased(by: hysteresis, isNegated: false)
        if case .not(let inner) = moved { return inner }
        return .not(moved)
    }

    /// Returns the condition with thresholds moved so that it is easier to satisfy.
    private func eased(by share: Double, isNegated: Bool) -> Condition {
        switch self {
        case .comparison(let left, let comparison, let right):
            // The threshold is the constant side; `90 < x` equals `x > 90`.
            let isRight = right.terms.isEmpty || !left.terms.isEmpty
            let wantsMore: Bool
            switch comparison {
            case .greater, .atLeast: wantsMore = isRight
            case .less, .atMost: wantsMore = !isRight
            case .equal, .notEqual: return self
            }
            let factor = wantsMore != isNegated ? 1 - share : 1 + share
            return isRight
                ? .comparison(left, comparison, right.scaled(by: factor))
                : .comparison(left.scaled(by: factor), comparison, right)
        case .increased, .missing, .flag, .happened: return self
        case .all(let parts):
            return .all(parts.map { $0.eased(by: share, isNegated: isNegated) })
        case .any(let parts):
            return .any(parts.map { $0.eased(by: share, isNegated: isNegated) })
        case .not(let part): return .not(part.eased(by: share, isNegated: !isNegated))
        }
    }
}

extension Expression {
    /// Returns the expression times a number, folded into a constant if possible.
    fileprivate func scaled(by factor: Double) -> Expression {
        switch self {
        case .literal(let number, let unit):
            .literal(PlainNumber.rounded(number * factor), unit)
        case .hostShare(let share, let unit):
            .hostShare(PlainNumber.rounded(share * factor), unit)
        case .share(let share, let term): .share(PlainNumber.rounded(share * factor), term)
        case .metric(let term): .share(PlainNumber.rounded(factor), term)
        case .call: .arithmetic(self, .multiply, .literal(PlainNumber.rounded(factor), .count))
        case .arithmetic(let left, let operation, let right):
            switch operation {
            case .add, .subtract:
                .arithmetic(left.scaled(by: factor), operation, right.scaled(by: factor))
            case .multiply, .divide: .arithmetic(left.scaled(by: factor), operation, right)
            }
        }
    }
}
