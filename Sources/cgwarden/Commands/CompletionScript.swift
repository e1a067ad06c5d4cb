import ArgumentParser
import CgroupModel

/// Generates a shell's completion script.
///
/// The library omits the command names after `cgwarden help`; they are added here.
enum CompletionScript {
    /// The shell whose script the arguments request; nil if they request none.
    static func shell(askedForBy arguments: [String]) -> CompletionShell? {
        let option = "--generate-completion-script"
        guard let first = arguments.first, first.hasPrefix(option) else { return nil }
        if first == option, arguments.count == 2 { return CompletionShell(rawValue: arguments[1]) }
        guard first.hasPrefix(option + "="), arguments.count == 1 else { return nil }
        return CompletionShell(rawValue: String(first.dropFirst(option.count + 1)))
    }

    /// Keeps bash from adding a space after `NAME=`, and from quoting the `=` as in a file's name.
    private static let bashEntry = """
        __cgwarden_entry() {
            _cgwarden "$@"
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} = *= ]]; then
                compopt +o filenames -o nospace 2>/dev/null
            fi
        }

        complete -o filenames -F __cgwarden_entry cgwarden
        """

    /// The whole script.
    static func text(for shell: CompletionShell) -> String {
        let script = Cgwarden.completionScript(for: shell)
        let names = CommandSpelling.names.joined(separator: " ")
        switch shell {
        case .bash:
            // The function for `help` is the last, so its closing brace is too.
            let offer = "    COMPREPLY+=($(compgen -W \"\(names)\" -- \"${cur}\"))\n}"
            return script.replacingLast("}", with: offer)
                .replacingLast("complete -o filenames -F _cgwarden cgwarden", with: bashEntry)
        case .zsh:
            return script.replacingLast("'*:subcommands:'", with: "'*:command:(\(names))'")
        case .fish:
            let condition = "__cgwarden_should_offer_completions_for_positional"
            return script
                + "\ncomplete -c 'cgwarden' -n '\(condition) \"cgwarden help\" -ge 1' -fka '\(names)'\n"
        default: return script
        }
    }
}

extension String {
    /// Replaces the last occurrence of a text; returns the string unchanged if there is none.
    fileprivate func replacingLast(_ old: String, with new: String) -> String {
        guard let range = ranges(of: old).last else { return self }
        return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
