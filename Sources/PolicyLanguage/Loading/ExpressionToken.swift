/// A token of an expression, and its position (in Unicode scalars).
struct ExpressionToken: Hashable {
    enum Kind: Hashable {
        /// Digits, and the unit that follows directly.
        case number(String, unit: String)
        case name(String)
        /// Text in square brackets.
        case instance(String)
        /// Text in quotes.
        case quoted(String)
        case symbol(String)
        case end
    }

    var kind: Kind
    var start: Int
    var end: Int
}

/// An error in an expression: position (in Unicode scalars), rule, and one sentence.
struct ExpressionMistake: Error {
    var offset: Int
    var rule: FindingRule
    var message: String
}

extension ExpressionToken {
    private static let symbols = [
        "<=", ">=", "==", "!=", "<", ">", "(", ")", ",", "+", "-", "*", "/", ".",
    ]
    /// Operators of other languages.
    private static let foreign = [
        ("&&", "and"), ("||", "or"), ("=", "=="), ("!", "not"), ("&", "and"), ("|", "or"),
    ]

    /// Returns the tokens of a text, with ``Kind/end`` as the last one.
    static func all(
        of text: [Unicode.Scalar]
    ) throws(ExpressionMistake) -> [ExpressionToken] {
        var tokens: [ExpressionToken] = []
        var place = 0
        while place < text.count {
            if text[place].properties.isWhitespace {
                place += 1
                continue
            }
            let token = try next(in: text, at: place)
            tokens.append(token)
            place = token.end
        }
        return tokens + [ExpressionToken(kind: .end, start: text.count, end: text.count)]
    }

    private static func next(
        in text: [Unicode.Scalar], at start: Int
    ) throws(ExpressionMistake) -> ExpressionToken {
        let first = text[start]
        if isDigit(first) { return number(in: text, at: start) }
        if isLetter(first) {
            let end = self.end(in: text, from: start) {
                isLetter($0) || isDigit($0) || $0 == "."
            }
            return ExpressionToken(
                kind: .name(string(text[start..<end])), start: start, end: end)
        }
        let closing: [Unicode.Scalar: Unicode.Scalar] = ["[": "]", "\"": "\"", "'": "'"]
        if let close = closing[first] {
            guard let end = text[(start + 1)...].firstIndex(of: close), end > start + 1 else {
                throw ExpressionMistake(
                    offset: start, rule: .syntax, message: "missing closing \(close)")
            }
            let inside = string(text[(start + 1)..<end])
            return ExpressionToken(
                kind: first == "[" ? .instance(inside) : .quoted(inside), start: start,
                end: end + 1)
        }
        let rest = string(text[start..<min(start + 2, text.count)])
        if let symbol = symbols.first(where: { rest.hasPrefix($0) }) {
            return ExpressionToken(kind: .symbol(symbol), start: start, end: start + symbol.count)
        }
        let meant = foreign.first { rest.hasPrefix($0.0) }
        throw ExpressionMistake(
            offset: start, rule: .syntax,
            message: meant.map { "'\($0.0)' is not an operator; write '\($0.1)'" }
                ?? "'\(first.escaped(asASCII: false))' is not allowed in an expression")
    }

    /// `1.5cpus`, `20MiB/s`, `90%`, `500/s`.
    private static func number(in text: [Unicode.Scalar], at start: Int) -> ExpressionToken {
        var end = self.end(in: text, from: start, while: isDigit)
        if end + 1 < text.count, text[end] == ".", isDigit(text[end + 1]) {
            end = self.end(in: text, from: end + 1, while: isDigit)
        }
        let digits = string(text[start..<end])
        var last = self.end(in: text, from: end) { isLetter($0) || $0 == "%" }
        let isRate =
            last + 1 < text.count && text[last] == "/" && text[last + 1] == "s"
            && !(last + 2 < text.count && (isLetter(text[last + 2]) || text[last + 2] == "."))
        if isRate { last += 2 }
        return ExpressionToken(
            kind: .number(digits, unit: string(text[end..<last])), start: start, end: last)
    }

    private static func end(
        in text: [Unicode.Scalar], from start: Int, while holds: (Unicode.Scalar) -> Bool
    ) -> Int {
        text[start...].firstIndex { !holds($0) } ?? text.count
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
