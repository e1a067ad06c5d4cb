import CgroupModel
import Foundation
import TestSupport
import Testing

/// Text that users choose, as bad as it gets, and a look at what comes out.
enum OutsideText {
    /// Names of cgroups: everything but `/`, NUL and newline.
    static let names: [[UInt8]] =
        [
            "esc\u{1b}[31mred", "clear\u{1b}]0;title\u{7}", "bidi\u{202e}gnp.exe", "c1\u{9b}2J",
            "zero\u{200b}width\u{feff}", "line\u{2028}end", "cr\rover", "tab\tbed", "del\u{7f}",
            "blank  \"q\" 日ü", "literal\\x1b", "by\\x2duuid.swap",
        ].map { Array($0.utf8) } + [Array("bad".utf8) + [0xff, 0xfe]]

    /// The unescaped characters in an output, each once with context.
    static func unsafe(
        _ bytes: [UInt8], allowing allowed: Set<Unicode.Scalar> = []
    ) -> [String] {
        guard let text = String(validating: bytes, as: UTF8.self) else { return ["not UTF-8"] }
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.compactMap { place in
            let scalar = scalars[place]
            guard scalar != "\n", !allowed.contains(scalar), PrintableText.isUnsafe(scalar) else {
                return nil
            }
            let near = scalars[max(0, place - 20)..<min(scalars.count, place + 20)]
            return String(String.UnicodeScalarView(near)).debugDescription
        }
    }

    /// Both outputs of a program hold nothing that could act on a terminal.
    static func expectSafe(
        _ result: ProgramRun.Result, _ what: String, allowing allowed: Set<Unicode.Scalar> = [],
        location: SourceLocation = #_sourceLocation
    ) {
        let found =
            unsafe(result.bytes, allowing: allowed) + unsafe(Array(result.errors.utf8))
        #expect(found.isEmpty, "\(what): \(found.first ?? "")", sourceLocation: location)
    }
}

extension ProgramCapture {
    /// Copies a cgroup of the capture beside itself, under a name of any bytes.
    func copy(_ cgroup: String, as name: [UInt8]) throws {
        let octal = name.map { "\\" + String($0, radix: 8) }.joined()
        let script = #"""
            cd "$1" && find cgroup -type d -path "*$2" | while read -r place; do
              cp -a "$place" "${place%/*}/"$'\#(octal)' || exit 1
            done
            """#
        let result = try ProgramRun.run("bash", ["-c", script, "bash", root, cgroup])
        guard result.status == 0 else { throw ProgramTrouble("cp: \(result.errors)") }
    }
}
