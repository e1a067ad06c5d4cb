import Foundation

/// Plain text as mdoc(7) wants it.
enum Roff {
    /// A text without meaning of its own, in which hyphens stay what was typed.
    static func literal(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case _ where !scalar.isASCII:
                result += "\\[u" + String(format: "%04X", scalar.value) + "]"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
    }

    /// The argument of a macro.
    static func argument(_ text: String) -> String {
        let plain = literal(text)
        // A word that could be a macro or punctuation is kept from being one.
        let isMacro = plain.range(of: "^[A-Z%][a-z]{1,2}$", options: .regularExpression) != nil
        let isMark = plain.count == 1 && plain.allSatisfy { !$0.isLetter && !$0.isNumber }
        let kept = isMacro || isMark ? "\\&" + plain : plain
        return kept.contains(" ") ? "\"\(kept)\"" : kept
    }

    /// Sentences, each on a line of its own and none too long; `code` gets a macro.
    static func prose(_ text: String) -> [String] {
        text.components(separatedBy: "\n\n").map(paragraph).joined(separator: [".Pp"]).map { $0 }
    }

    private static func paragraph(_ text: String) -> [String] {
        var lines: [String] = []
        let pieces = text.components(separatedBy: "`")
        var rest = ""
        for (index, piece) in pieces.enumerated() {
            guard index % 2 == 1 else {
                rest = piece
                // Text directly after code belongs to its line.
                if index > 0, let last = lines.indices.last {
                    let mark = rest.prefix { !$0.isWhitespace }
                    if !mark.isEmpty {
                        rest = String(rest.dropFirst(mark.count))
                        let isClosing = mark.allSatisfy { ".,:;!?)]".contains($0) }
                        lines[last] +=
                            isClosing
                            ? mark.map { " \($0)" }.joined() : " Ns " + argument(String(mark))
                    }
                }
                lines += sentences(rest)
                continue
            }
            lines.append(".Ql " + argument(piece))
        }
        return lines
    }

    private static func sentences(_ text: String) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map { literal(String($0)) }
        var lines: [String] = []
        var line = ""
        for word in words {
            if line.isEmpty {
                line = word
            } else if line.count + word.count + 1 > 76 {
                lines.append(line)
                line = word
            } else {
                line += " " + word
            }
            if let end = word.last(where: { $0 != ")" }), ".!?".contains(end) {
                lines.append(line)
                line = ""
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Lines as they are.
    static func display(_ lines: [String]) -> [String] {
        [".Bd -literal -offset 2n"] + lines.map(literal) + [".Ed"]
    }

    /// Things with what they mean.
    static func list(_ items: [(head: String, body: [String])]) -> [String] {
        [".Bl -tag -width Ds"] + items.flatMap { [".It \($0.head)"] + $0.body } + [".El"]
    }
}
