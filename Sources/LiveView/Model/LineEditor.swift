/// A line of text that is being typed.
struct LineEditor: Hashable, Sendable {
    private var characters: [Character]
    /// The position before which the next character is inserted.
    private(set) var cursor: Int
    private static let longest = 1000

    /// Starts with a text; the cursor is after it, or after `prefix`.
    init(_ text: String = "", after prefix: String? = nil) {
        characters = Array(text)
        cursor = prefix.map { min($0.count, text.count) } ?? text.count
    }

    var text: String { String(characters) }

    /// The text before the cursor.
    var before: String { String(characters[..<cursor]) }

    /// The text after the cursor.
    var after: String { String(characters[cursor...]) }

    private mutating func erase(to start: Int) {
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    /// Returns the position at which the last word of a line starts, not counting blanks after it.
    static func wordStart(_ characters: some BidirectionalCollection<Character>) -> Int {
        let blanks = characters.reversed().prefix(while: \.isWhitespace).count
        let word = characters.dropLast(blanks).reversed().prefix { !$0.isWhitespace }.count
        return characters.count - blanks - word
    }

    /// Handles an editing key; returns whether it was one.
    mutating func take(_ key: KeyEvent) -> Bool {
        switch key {
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, characters.count)
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .backspace:
            guard cursor > 0 else { return true }
            cursor -= 1
            characters.remove(at: cursor)
        case .eraseLine: erase(to: 0)
        case .eraseWord: erase(to: Self.wordStart(characters[..<cursor]))
        case .delete: if cursor < characters.count { characters.remove(at: cursor) }
        case .character(let character):
            guard characters.count < Self.longest else { return true }
            characters.insert(character, at: cursor)
            cursor += 1
        default: return false
        }
        return true
    }
}
