/// Parses numbers, metrics and functions.
extension ExpressionParser {
    mutating func atom() throws(ExpressionMistake) -> Operand {
        let start = token
        switch start.kind {
        case .number(let digits, let unit):
            place += 1
            if unit == "%", take("of") {
                let (term, metric) = try term()
                let share = PlainNumber.value(digits, shiftedBy: -2)
                let counted = metric?.valueUnit
                if counted == .flag { flagIsNoNumber(term, at: start) }
                return operand(
                    .share(share ?? 0, term), counted == .flag ? nil : counted, from: start)
            }
            return try literal(digits, unit, start)
        case .name(let name):
            if name != "group", tokens[place + 1].kind == .symbol("(") {
                return try call(name, start)
            }
            let (term, metric) = try term()
            return operand(.metric(term), metric?.valueUnit, from: start)
        default:
            throw unexpected("a metric, a number with its unit, or a function")
        }
    }

    private func literal(
        _ digits: String, _ unit: String, _ start: ExpressionToken
    ) throws(ExpressionMistake) -> Operand {
        if unit == "%host", let share = PlainNumber.value(digits, shiftedBy: -2) {
            var result = operand(.hostShare(share, .count), nil, from: start)
            result.isHostShare = true
            result.isConstant = true
            return result
        }
        guard let (number, counted) = UnitText.number(digits, unit) else {
            throw ExpressionMistake(
                offset: start.start, rule: .unit,
                message: "'\(digits)\(unit)' \(UnitText.refusal(of: unit, behind: digits))")
        }
        var result = operand(.literal(number, counted), counted, from: start)
        result.isConstant = true
        return result
    }

    private mutating func call(
        _ name: String, _ start: ExpressionToken
    ) throws(ExpressionMistake) -> Operand {
        guard let function = WindowFunction(rawValue: name) else {
            let names = WindowFunction.allCases.map(\.rawValue) + ["increased", "missing"]
            throw ExpressionMistake(
                offset: start.start, rule: .function,
                message: FindingText.unknown("function", name, among: names))
        }
        place += 2
        let (term, metric) = try term()
        let window = try self.window()
        try expect(")")
        guard let metric else { return operand(.call(function, term, window), nil, from: start) }
        let unit = function.unit(of: metric)
        if unit == nil {
            mistakes.append(
                ExpressionMistake(
                    offset: start.start, rule: .function,
                    message: function.refusal(of: term, metric, window: window)))
        }
        return operand(.call(function, term, window), unit, from: start)
    }

    /// Parses an optional window: `, 10s`.
    mutating func window() throws(ExpressionMistake) -> Duration {
        guard take(symbol: ",") else { return usualWindow }
        guard case .number(let digits, let unit) = token.kind,
            let duration = DurationText.duration(digits + unit), duration > .zero,
            duration <= .seconds(86_400)
        else { throw unexpected("a time up to 1d, such as 10s") }
        place += 1
        return duration
    }

    /// Parses a metric term; the metric is nil if unknown.
    mutating func term() throws(ExpressionMistake) -> (MetricTerm, PolicyMetric?) {
        let first = token.start
        var scope = MetricTerm.Scope.own
        if token.kind == .name("group"), tokens[place + 1].kind == .symbol("(") {
            place += 2
            guard case .quoted(let group) = token.kind else {
                throw unexpected("the name of a group in quotes")
            }
            place += 1
            try expect(")")
            try expect(".")
            scope = .group(group)
        }
        let start = token
        guard case .name(let written) = start.kind,
            !["and", "or", "not", "of"].contains(written)
        else { throw unexpected("a metric") }
        place += 1
        let known = PolicyVocabulary.canonical(written)
        if known.isFormer { formerNames.append((written, known.name, start.start)) }
        var name = known.name
        if scope == .own, name.hasPrefix("host.") {
            scope = .host
            name = String(name.dropFirst(5))
        }
        var term = MetricTerm(name, of: scope)
        if case .instance(let instance) = token.kind {
            term.instance = instance
            place += 1
        }
        terms.append((term, first))
        guard let metric = PolicyVocabulary.metric(of: term) else {
            mistakes.append(
                ExpressionMistake(
                    offset: start.start, rule: .metric, message: FindingText.unknownMetric(written))
            )
            return (term, nil)
        }
        if term.instance != nil, !metric.takesInstance {
            mistakes.append(
                ExpressionMistake(
                    offset: start.end, rule: .metric,
                    message: "'\(written)' is a single number; remove [\(term.instance ?? "")]"))
        }
        return (term, metric)
    }
}
