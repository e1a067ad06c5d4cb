import CgroupModel

extension ExpressionParser {
    var token: ExpressionToken { tokens[place] }

    mutating func take(_ word: String) -> Bool {
        guard token.kind == .name(word) else { return false }
        place += 1
        return true
    }

    mutating func take(symbol: String) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        place += 1
        return true
    }

    mutating func operation(among wanted: [ArithmeticOperator]) -> ArithmeticOperator? {
        guard case .symbol(let symbol) = token.kind,
            let operation = ArithmeticOperator(rawValue: symbol), wanted.contains(operation)
        else { return nil }
        place += 1
        return operation
    }

    mutating func expect(_ symbol: String) throws(ExpressionMistake) {
        guard take(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func descend(at token: ExpressionToken) throws(ExpressionMistake) {
        depth += 1
        guard depth <= Self.deepest else { throw tooDeep(token) }
    }

    func limit(_ length: inout Int) throws(ExpressionMistake) {
        length += 1
        guard depth + length < Self.deepest else { throw tooDeep(token) }
    }

    func tooDeep(_ token: ExpressionToken) -> ExpressionMistake {
        ExpressionMistake(
            offset: token.start, rule: .syntax,
            message: "nested deeper than \(Self.deepest) levels; split the rule")
    }

    /// The mistake at the current token, with the most similar of the words allowed there.
    func unexpected(_ expected: String, among words: [String] = []) -> ExpressionMistake {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[token.start..<token.end])
        let word = String(view)
        let found = token.kind == .end ? "the end" : FindingText.quoted(word)
        let hint = Spelling.names(like: word, among: words, most: 1)
        return ExpressionMistake(
            offset: token.start, rule: .syntax,
            message: "expected \(expected), not \(found)"
                + (hint.isEmpty ? "" : "; \(Spelling.question(hint))"))
    }
}
