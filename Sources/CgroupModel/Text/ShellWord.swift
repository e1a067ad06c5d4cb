/// Quotes words for sh(1), in the commands that messages suggest.
package enum ShellWord {
    private static let plainSigns = "/._-:@%+=,".utf8

    /// Returns a word as it must be typed in sh(1): in single quotes unless it is plain.
    ///
    /// A quote inside becomes `'\''`. Scalars are replaced, because a combining mark after a quote
    /// forms one character with it, but is a character of its own to the shell.
    package static func quoted(_ word: String) -> String {
        // At the start of a word, zsh expands the sign.
        if !word.isEmpty, !word.utf8.starts(with: "=".utf8), word.utf8.allSatisfy(isPlain) {
            return word
        }
        let inside = word.unicodeScalars.map { $0 == "'" ? #"'\''"# : String($0) }
        return "'\(inside.joined())'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || plainSigns.contains(byte)
    }
}
