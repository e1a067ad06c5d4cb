/// A pattern for paths: `*` and `?` stay within a component, `**` crosses, `{a,b}` chooses.
struct Glob {
    private let alternatives: [[Character]]

    init(_ pattern: String) {
        let rooted = pattern.hasPrefix("/") || pattern.hasPrefix("*") ? pattern : "/\(pattern)"
        alternatives = Self.expand(Array(rooted))
    }

    func matches(_ path: String) -> Bool {
        let text = Array(path)
        return alternatives.contains { Self.match($0[...], text[...]) }
    }

    private static func expand(_ pattern: [Character]) -> [[Character]] {
        guard let open = pattern.firstIndex(of: "{"),
            let close = pattern[open...].firstIndex(of: "}")
        else { return [pattern] }
        let choices = pattern[(open + 1)..<close].split(
            separator: ",", omittingEmptySubsequences: false)
        let rest = expand(Array(pattern[(close + 1)...]))
        return choices.flatMap { choice in rest.map { pattern[..<open] + choice + $0 } }
    }

    private static func match(
        _ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>
    ) -> Bool {
        var pattern = pattern
        var text = text
        while let first = pattern.first {
            if first == "*" {
                let crosses = pattern.dropFirst().first == "*"
                let rest = pattern.dropFirst(crosses ? 2 : 1)
                var tail = text
                while true {
                    if match(rest, tail) { return true }
                    guard let next = tail.first, crosses || next != "/" else { return false }
                    tail = tail.dropFirst()
                }
            }
            guard let next = text.first, first == next || (first == "?" && next != "/") else {
                return false
            }
            pattern = pattern.dropFirst()
            text = text.dropFirst()
        }
        return text.isEmpty
    }
}
