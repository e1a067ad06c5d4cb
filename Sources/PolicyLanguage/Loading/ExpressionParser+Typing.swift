extension ExpressionParser {
    /// A number, its unit (nil if unknown), and its position.
    struct Operand {
        var expression: Expression
        var unit: PolicyUnit?
        var isHostShare = false
        var isConstant = false
        var start: Int
        var end: Int
    }

    func operand(
        _ expression: Expression, _ unit: PolicyUnit?, from start: ExpressionToken
    ) -> Operand {
        Operand(
            expression: expression, unit: unit, start: start.start, end: tokens[place - 1].end)
    }

    func joined(
        _ left: Operand, _ operation: ArithmeticOperator, _ right: Operand, _ unit: PolicyUnit?
    ) -> Operand {
        Operand(
            expression: .arithmetic(left.expression, operation, right.expression), unit: unit,
            isConstant: left.isConstant && right.isConstant, start: left.start, end: right.end)
    }

    /// Returns both sides with their common unit; records a finding if they have none.
    mutating func fit(
        _ left: Operand, _ right: Operand
    ) -> (Operand, Operand, PolicyUnit?) {
        if left.isHostShare || right.isHostShare {
            let (share, other) = left.isHostShare ? (left, right) : (right, left)
            guard let unit = other.unit else {
                if other.isHostShare { note(share, .base, "both sides are shares of the host") }
                return (left, right, nil)
            }
            guard unit == .bytes || unit == .cpus else {
                note(
                    share, .base,
                    "\(shown(share)) is a share of memory or CPUs, but \(shown(other)) is in "
                        + unit.noun)
                return (left, right, nil)
            }
            var fitted = share
            if case .hostShare(let number, _) = share.expression {
                fitted.expression = .hostShare(number, unit)
            }
            return left.isHostShare ? (fitted, right, unit) : (left, fitted, unit)
        }
        let (left, right) = (left.ofOneCPU(beside: right), right.ofOneCPU(beside: left))
        guard let first = left.unit, let second = right.unit else { return (left, right, nil) }
        if first == second, first != .flag { return (left, right, first) }
        explain(left, first, right, second)
        return (left, right, nil)
    }

    private mutating func explain(
        _ left: Operand, _ first: PolicyUnit, _ right: Operand, _ second: PolicyUnit
    ) {
        if first == .flag || second == .flag {
            let flag = first == .flag ? left : right
            return note(
                flag, .type, "\(shown(flag)) is a flag; use it alone, or after not")
        }
        let (bare, other, unit) =
            right.isConstant ? (right, left, first) : (left, right, second)
        let given = right.isConstant ? second : first
        switch given {
        case .count where bare.isConstant:
            note(
                bare, .unit,
                "\(shown(bare)) has no unit, but \(shown(other)) is in \(unit.noun); write "
                    + unit.example)
        case .percent where bare.isConstant:
            note(
                bare, .base,
                "\(shown(bare)) is a share of what? \(shown(other)) is in \(unit.noun); write "
                    + (unit == .cpus
                        ? "150%cpu, 25%host or 90% of cpu.limit"
                        : unit == .bytes
                            ? "90% of memory.max or 20%host"
                            : "90% of a metric, or \(unit.example)")
            )
        default:
            note(
                right, .type,
                "\(shown(left)) is in \(first.noun), \(shown(right)) is in \(second.noun); both "
                    + "need the same unit")
        }
    }

    mutating func flagIsNoNumber(_ term: MetricTerm, at token: ExpressionToken) {
        mistakes.append(
            ExpressionMistake(
                offset: token.start, rule: .type, message: "'\(term)' is a flag, not a number"))
    }

    mutating func note(_ operand: Operand, _ rule: FindingRule, _ message: String) {
        mistakes.append(ExpressionMistake(offset: operand.start, rule: rule, message: message))
    }

    func shown(_ operand: Operand) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[operand.start..<operand.end])
        return FindingText.quoted(String(view))
    }
}

extension ExpressionParser.Operand {
    /// The operand; next to CPUs, a percentage becomes a share of one CPU, as in `set cpu.max=50%`.
    fileprivate func ofOneCPU(beside other: Self) -> Self {
        guard other.unit == .cpus, case .literal(let number, .percent) = expression else {
            return self
        }
        var result = self
        result.expression = .literal(number / 100, .cpus)
        result.unit = .cpus
        return result
    }
}
