import ArgumentParser

/// A completion candidate in the form that the requesting shell needs.
///
/// The text can be a name that any user chose. bash expands candidates, including command
/// substitution, and then inserts the result unquoted. Each of the two steps needs its own quoting.
/// This works on scalars, because a Character can begin with a letter and contain a `$`.
enum OfferedWord {
    /// Returns the quoted candidate; nil if it cannot be offered after the typed text.
    static func text(_ word: String, behind typed: String, to shell: CompletionShell?) -> String? {
        switch shell {
        case .bash?:
            if word.unicodeScalars.allSatisfy(isPlain) { return word }
            // Quoting rules differ inside an open quote.
            guard !typed.contains(where: { "\"'".contains($0) }) else { return nil }
            let once = each(word) { isPlain($0) ? "\($0)" : "\\\($0)" }
            return "'" + each(once) { $0 == "'" ? #"'\''"# : "\($0)" } + "'"
        // zsh quotes by itself; a colon would end the word unless a backslash protects it.
        case .zsh?: return each(word) { $0 == "\\" || $0 == ":" ? "\\\($0)" : "\($0)" }
        default: return word
        }
    }

    /// Returns the typed text without its backslashes.
    static func meaning(of typed: String, to shell: CompletionShell?) -> String {
        guard shell == .bash else { return typed }
        var isProtected = false
        return each(typed) { scalar in
            isProtected = scalar == "\\" && !isProtected
            return isProtected ? "" : "\(scalar)"
        }
    }

    private static func each(
        _ text: String, _ replacement: (Unicode.Scalar) -> String
    ) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += replacement($1) }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "_@%+=:,./-".unicodeScalars.contains(scalar)
    }
}
