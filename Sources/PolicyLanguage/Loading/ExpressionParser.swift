/// Parses the expressions of a policy and checks their units.
///
///     choice      := conjunction {"or" conjunction}
///     conjunction := negation {"and" negation}
///     negation    := ["not"] statement
///     statement   := "(" choice ")" | predicate | sum op sum | flag
///     predicate   := increased(metric, time) | missing(metric)
///     sum         := product {"+"|"-" product}
///     product     := atom {"*"|"/" atom}
///     atom        := number | percent "of" metric | function(metric[, time]) | metric
///     metric      := ["group" "(" quoted ")" "."] name ["[" instance "]"]
///
/// Parsing ends at the first unexpected token; unit mismatches are collected.
struct ExpressionParser {
    /// The maximum nesting depth.
    static let deepest = 20
    /// The maximum length.
    static let longest = 4096

    /// The window of functions that state none.
    let usualWindow: Duration
    let text: [Unicode.Scalar]
    var tokens: [ExpressionToken] = []
    var place = 0
    var depth: Int
    var mistakes: [ExpressionMistake] = []
    /// Every metric with its position, even of invalid conditions.
    var terms: [(term: MetricTerm, offset: Int)] = []
    /// Every former name with its canonical one and its position.
    var formerNames: [(written: String, canonical: String, offset: Int)] = []

    /// Prepares a text; `depth` is its nesting depth in lists.
    init(_ text: String, window: Duration, depth: Int = 0) {
        self.text = Array(text.unicodeScalars)
        usualWindow = window
        self.depth = depth
    }

    /// Parses a condition; nil if there is an error.
    mutating func condition() -> Condition? {
        whole { parser throws(ExpressionMistake) in try parser.choice() }
    }

    /// Parses a number and its unit; nil if there is an error.
    mutating func number() -> (Expression, PolicyUnit)? {
        let sum = whole { parser throws(ExpressionMistake) in try parser.sum() }
        guard let sum, let unit = sum.unit else { return nil }
        return (sum.expression, unit)
    }

    private mutating func whole<Result>(
        _ read: (inout ExpressionParser) throws(ExpressionMistake) -> Result
    ) -> Result? {
        do throws(ExpressionMistake) {
            guard text.count <= Self.longest else {
                throw ExpressionMistake(
                    offset: 0, rule: .syntax,
                    message: "longer than \(Self.longest) characters; split the rule")
            }
            tokens = try ExpressionToken.all(of: text)
            let result = try read(&self)
            guard token.kind == .end else {
                throw unexpected("and, or, or the end", among: ["and", "or", "of"])
            }
            return mistakes.isEmpty ? result : nil
        } catch {
            mistakes.append(error)
            return nil
        }
    }

    // MARK: Conditions

    private mutating func choice() throws(ExpressionMistake) -> Condition {
        var parts = [try conjunction()]
        while take("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(ExpressionMistake) -> Condition {
        var parts = [try negation()]
        while take("and") { parts.append(try negation()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negation() throws(ExpressionMistake) -> Condition {
        guard take("not") else { return try statement() }
        return .not(try statement())
    }

    private mutating func statement() throws(ExpressionMistake) -> Condition {
        if case .symbol("(") = token.kind {
            let start = token
            place += 1
            try descend(at: start)
            let inner = try choice()
            depth -= 1
            try expect(")")
            return inner
        }
        if let predicate = try predicate() { return predicate }
        let left = try sum()
        guard case .symbol(let symbol) = token.kind,
            let comparison = ComparisonOperator(rawValue: symbol)
        else { return try alone(left) }
        place += 1
        let right = try sum()
        let (fittedLeft, fittedRight, _) = fit(left, right)
        if left.isConstant, right.isConstant {
            note(left, .constant, "\(shown(left)) and \(shown(right)) never change; use a metric")
        }
        return .comparison(fittedLeft.expression, comparison, fittedRight.expression)
    }

    /// Parses `increased(m, 5s)` and `missing(m)`.
    private mutating func predicate() throws(ExpressionMistake) -> Condition? {
        guard case .name(let name) = token.kind, name == "increased" || name == "missing",
            tokens[place + 1].kind == .symbol("(")
        else { return nil }
        let start = token.start
        place += 2
        let (term, metric) = try self.term()
        let window = name == "increased" ? try self.window() : nil
        try expect(")")
        guard let window else { return .missing(term) }
        if let metric, !metric.isCounter || metric.isRate {
            mistakes.append(
                ExpressionMistake(
                    offset: start, rule: .function,
                    message: "'increased' takes a counter, but '\(term)' is a "
                        + "\(metric.isRate ? "rate" : "level"); compare it instead"
                ))
        }
        return .increased(term, window)
    }

    /// Checks an operand without a comparison; only a flag is allowed.
    private mutating func alone(_ operand: Operand) throws(ExpressionMistake) -> Condition {
        guard case .metric(let term) = operand.expression, operand.unit == .flag else {
            // A placeholder: the mistake is recorded, so no caller sees it.
            if operand.unit == nil, !mistakes.isEmpty { return .missing(MetricTerm("")) }
            let example = operand.unit?.example ?? "20%"
            throw ExpressionMistake(
                offset: token.start, rule: .syntax,
                message: "\(shown(operand)) is a number, not a condition; compare it, such as "
                    + "> \(operand.isConstant ? "memory.current" : example)")
        }
        return .flag(term)
    }

    // MARK: Numbers

    private mutating func sum() throws(ExpressionMistake) -> Operand {
        var left = try product()
        var length = 0
        while let operation = operation(among: [.add, .subtract]) {
            try limit(&length)
            let right = try product()
            let (first, second, unit) = fit(left, right)
            left = joined(first, operation, second, unit)
        }
        return left
    }

    private mutating func product() throws(ExpressionMistake) -> Operand {
        var left = try atom()
        var length = 0
        while let operation = operation(among: [.multiply, .divide]) {
            try limit(&length)
            let right = try atom()
            left = joined(left, operation, right, unit(of: left, operation, right))
        }
        return left
    }

    private mutating func unit(
        of left: Operand, _ operation: ArithmeticOperator, _ right: Operand
    ) -> PolicyUnit? {
        guard let first = left.unit, let second = right.unit else {
            if left.isHostShare || right.isHostShare {
                note(
                    left, .unit, "a share of the host can only be compared, added or subtracted")
            }
            return nil
        }
        if second == .count { return first }
        if operation == .multiply, first == .count { return second }
        if operation == .divide, first == second { return .count }
        note(
            right, .type,
            "\(shown(left)) is in \(first.noun), \(shown(right)) in \(second.noun): "
                + "one of them must be a plain number")
        return nil
    }
}
