/// Parses the text of a ``CgroupFilter``.
struct FilterParser {
    private enum Token: Hashable {
        case word(String)
        case quoted(String)
        case sign(String)
    }

    private static let deepest = 32
    private static let mostTokens = 500
    private static let signs = [">=", "<=", "!=", "!~", "==", ">", "<", "=", "~", "|", "(", ")"]
    /// The characters that end a word without quotes.
    private static let ends: Set<Character> = [">", "<", "=", "~", "|", "(", ")", "!"]
    /// The operators of policies, with the filter syntax to use instead.
    ///
    /// As words to search for, they would match no cgroup, and no error would say why.
    private static let operators = [
        "and": "write conditions side by side: cpu > 50 tasks > 9",
        "or": "write '|': nginx | cron", "not": "write '!': !nginx",
    ]

    private var tokens: ArraySlice<Token>
    private var depth = 0

    init(_ text: String) throws(FilterError) {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            guard tokens.count < Self.mostTokens else {
                throw FilterError("the filter is too long")
            }
            if first.isWhitespace || first == "&" {
                rest.removeFirst()
            } else if let sign = Self.signs.first(where: rest.hasPrefix) {
                tokens.append(.sign(sign == "==" ? "=" : sign))
                rest = rest.dropFirst(sign.count)
            } else if first == "!" {
                tokens.append(.sign("!"))
                rest.removeFirst()
            } else if first == "\"" || first == "'" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: first) else {
                    throw FilterError("the quote \(first) is not closed")
                }
                tokens.append(.quoted(String(rest[..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { !$0.isWhitespace && !Self.ends.contains($0) }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
        self.tokens = tokens[...]
    }

    mutating func parse() throws(FilterError) -> CgroupFilter.Condition {
        if tokens.isEmpty { return .all([]) }
        let result = try alternatives()
        if let rest = tokens.first { throw FilterError("unexpected \(Self.text(rest))") }
        return result
    }

    private mutating func alternatives() throws(FilterError) -> CgroupFilter.Condition {
        var parts = [try conjunction()]
        while tokens.first == .sign("|") {
            tokens.removeFirst()
            parts.append(try conjunction())
        }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(FilterError) -> CgroupFilter.Condition {
        var parts = [try condition()]
        while let next = tokens.first, next != .sign("|"), next != .sign(")") {
            parts.append(try condition())
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func condition() throws(FilterError) -> CgroupFilter.Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw FilterError("too many parentheses") }
        switch tokens.popFirst() {
        case .sign("!"): return .not(try condition())
        case .sign("("):
            let inner = try alternatives()
            guard tokens.popFirst() == .sign(")") else {
                throw FilterError("a parenthesis is not closed; quote names that contain one")
            }
            return inner
        case .word(let word):
            if let sign = comparisonSign() { return try comparison(word, sign) }
            if let remedy = Self.operators[word.lowercased()] {
                throw FilterError(
                    "'\(word)' is not an operator here; \(remedy) (quote \"\(word)\" to search for "
                        + "it)")
            }
            return .word(try pattern(word))
        case .quoted(let word):
            if let sign = comparisonSign() { return try comparison(word, sign) }
            return .word(try pattern(word))
        case let token?:
            throw FilterError("unexpected \(Self.text(token)); write a field before it: cpu > 50")
        case nil: throw FilterError("the filter is incomplete")
        }
    }

    /// Removes and returns the sign of a comparison; nil if none follows.
    private mutating func comparisonSign() -> String? {
        guard case .sign(let sign) = tokens.first, !["|", ")", "(", "!"].contains(sign) else {
            return nil
        }
        tokens.removeFirst()
        return sign
    }

    /// Removes and returns a word, with or without quotes; nil if none follows.
    private mutating func word() -> String? {
        switch tokens.popFirst() {
        case .word(let word), .quoted(let word): word
        case .sign, nil: nil
        }
    }

    private mutating func comparison(
        _ name: String, _ sign: String
    ) throws(FilterError) -> CgroupFilter.Condition {
        let field = name.lowercased()
        if let text = FilterText(rawValue: field) {
            guard ["=", "!=", "~", "!~"].contains(sign) else {
                throw FilterError("\(field) is a text field; compare it with = != ~ or !~")
            }
            guard let value = word() else {
                throw FilterError("\(field) \(sign) needs a text, such as \(field) \(sign) web")
            }
            let condition = CgroupFilter.Condition.text(
                text, try pattern(value), contains: sign.hasSuffix("~"))
            return sign.hasPrefix("!") ? .not(condition) : condition
        }
        guard let number = FilterNumber(field) else {
            let names = FilterNumber.names + FilterText.allCases.map(\.rawValue)
            throw FilterError(
                "unknown field '\(name)'; "
                    + Spelling.hint(
                        for: field, among: names,
                        otherwise: "fields are \(names.joined(separator: ", ")) and all metrics"))
        }
        guard let comparison = CgroupFilter.Comparison(rawValue: sign) else {
            throw FilterError("\(field) is a numeric field; compare it with > >= < <= = or !=")
        }
        guard let value = word(), let amount = number.amount(value) else {
            throw FilterError(
                "\(field) \(sign) needs a number, such as \(field) \(sign) \(number.example)")
        }
        return .number(number, comparison, amount)
    }

    private func pattern(_ word: String) throws(FilterError) -> FilterPattern {
        guard let pattern = FilterPattern(word) else {
            throw FilterError("the pattern \(word) has an unclosed bracket")
        }
        return pattern
    }

    private static func text(_ token: Token) -> String {
        switch token {
        case .word(let word), .quoted(let word): "'\(word)'"
        case .sign(let sign): "'\(sign)'"
        }
    }
}
