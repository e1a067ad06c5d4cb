import ArgumentParser

/// A candidate of a completion as the shell that asks must get it.
///
/// The text may be a name that any user chose. bash expands what it is offered, command substitution
/// included, and puts the result on the command line as it is, so it is quoted once for each.
/// Scalars are looked at, for a character may begin with a letter and end with a `$`.
enum OfferedWord {
    /// Nil for a text that cannot be offered behind what was typed.
    static func text(_ word: String, behind typed: String, to shell: CompletionShell?) -> String? {
        switch shell {
        case .bash?:
            if word.unicodeScalars.allSatisfy(isPlain) { return word }
            // Within an open quote other rules hold.
            guard !typed.utf8.contains(where: { $0 == 0x22 || $0 == 0x27 }) else { return nil }
            let once = each(word) { isPlain($0) ? "\($0)" : "\\\($0)" }
            return "'" + each(once) { $0 == "'" ? #"'\''"# : "\($0)" } + "'"
        // It quotes by itself; a colon would end the word, and a backslash protects it.
        case .zsh?: return each(word) { $0 == "\\" || $0 == ":" ? "\\\($0)" : "\($0)" }
        default: return word
        }
    }

    /// What was typed without its backslashes.
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
