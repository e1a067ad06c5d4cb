/// A shell pattern: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}`; given a separator, only `**` matches it.
package struct Glob: Hashable, Sendable {
    private enum Element: Hashable, Sendable {
        case literal(Character)
        case one
        case oneOf([ClosedRange<Character>], isNegated: Bool)
        case many(crosses: Bool)
    }

    private let alternatives: [[Element]]
    private let separator: Character?
    private static let mostAlternatives = 256
    private static let mostBraces = 16

    /// Parses a pattern; nil if a bracket or brace is not closed, or if there are too many
    /// alternatives.
    package init?(_ pattern: String, separator: Character?) {
        guard pattern.count(where: { $0 == "{" }) <= Self.mostBraces,
            let spelled = Self.expand(Array(pattern)), spelled.count <= Self.mostAlternatives
        else { return nil }
        var alternatives: [[Element]] = []
        for choice in spelled {
            guard let elements = Self.elements(choice) else { return nil }
            alternatives.append(elements)
        }
        self.alternatives = alternatives
        self.separator = separator
    }

    /// Whether a whole text matches.
    package func matches(_ text: String) -> Bool {
        let text = Array(text)
        return alternatives.contains { match($0, text) }
    }

    /// The literal prefix of every match, and whether it is the whole match.
    package var literalStart: (text: String, isAll: Bool) {
        guard alternatives.count == 1 else { return ("", false) }
        var text = ""
        for element in alternatives[0] {
            guard case .literal(let character) = element else { return (text, false) }
            text.append(character)
        }
        return (text, true)
    }

    private static func expand(_ pattern: [Character]) -> [[Character]]? {
        guard let open = pattern.firstIndex(of: "{") else { return [pattern] }
        guard let close = pattern[open...].firstIndex(of: "}"),
            let rest = expand(Array(pattern[(close + 1)...]))
        else { return nil }
        let choices = pattern[(open + 1)..<close].split(
            separator: ",", omittingEmptySubsequences: false)
        guard choices.count * rest.count <= mostAlternatives else { return nil }
        return choices.flatMap { choice in rest.map { pattern[..<open] + choice + $0 } }
    }

    private static func elements(_ pattern: [Character]) -> [Element]? {
        var result: [Element] = []
        var rest = pattern[...]
        while let first = rest.popFirst() {
            switch first {
            case "*":
                let crosses = rest.first == "*"
                while rest.first == "*" { rest.removeFirst() }
                result.append(.many(crosses: crosses))
            case "?": result.append(.one)
            case "[":
                guard let (element, after) = bracket(rest) else { return nil }
                result.append(element)
                rest = after
            default: result.append(.literal(first))
            }
        }
        return result
    }

    private static func bracket(
        _ pattern: ArraySlice<Character>
    ) -> (Element, ArraySlice<Character>)? {
        var rest = pattern
        let isNegated = rest.first == "!" || rest.first == "^"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<Character>] = []
        while let first = rest.popFirst() {
            if first == "]", !ranges.isEmpty { return (.oneOf(ranges, isNegated: isNegated), rest) }
            if rest.first == "-", let last = rest.dropFirst().first, last != "]" {
                guard first <= last else { return nil }
                ranges.append(first...last)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(first...first)
            }
        }
        return nil
    }

    /// Tracks all possible positions in parallel, so that no pattern takes exponential time.
    private func match(_ pattern: [Element], _ text: [Character]) -> Bool {
        var states: Set<Int> = [0]
        func closed(_ states: Set<Int>) -> Set<Int> {
            var result = states
            var open = Array(states)
            while let state = open.popLast() {
                guard state < pattern.count, case .many = pattern[state] else { continue }
                if result.insert(state + 1).inserted { open.append(state + 1) }
            }
            return result
        }
        states = closed(states)
        for character in text {
            var next: Set<Int> = []
            for state in states where state < pattern.count {
                switch pattern[state] {
                case .literal(let wanted): if wanted == character { next.insert(state + 1) }
                case .one: if character != separator { next.insert(state + 1) }
                case .oneOf(let ranges, let isNegated):
                    let isListed = ranges.contains { $0.contains(character) }
                    if character != separator, isListed != isNegated { next.insert(state + 1) }
                case .many(let crosses):
                    if crosses || character != separator { next.insert(state) }
                }
            }
            if next.isEmpty { return false }
            states = closed(next)
        }
        return states.contains(pattern.count)
    }
}
