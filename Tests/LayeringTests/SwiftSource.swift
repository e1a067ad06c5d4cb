import Foundation

/// A source file, as far as the tests of its folder need it.
struct SwiftSource {
    /// The path below `Sources`: `Actuation/Limits/LimitPlan.swift`.
    let path: String
    let lines: [String]

    /// The module's name.
    var module: String { String(path.prefix { $0 != "/" }) }

    /// The module's folder that the file is in, at any depth; empty for the module's own.
    var folder: String {
        path.split(separator: "/").dropFirst().dropLast().first.map(String.init) ?? ""
    }

    private static let kinds: Set = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype",
    ]
    private static let modifiers: Set = [
        "package", "public", "internal", "static", "final", "indirect", "mutating", "nonmutating",
        "nonisolated", "isolated", "override", "required", "convenience", "lazy", "weak", "unowned",
        "borrowing", "consuming", "class", "private(set)", "fileprivate(set)", "internal(set)",
    ]

    /// The names of the types and functions that other files can use without a qualifier.
    var declared: Set<String> {
        Set(
            lines.compactMap { line in
                guard let first = line.first, !first.isWhitespace, first != "/" else { return nil }
                let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
                guard !words.contains(where: { ["private", "fileprivate"].contains($0) }),
                    let kind = words.firstIndex(where: { Self.kinds.contains(String($0)) })
                        ?? words.firstIndex(of: "func"),
                    words[..<kind].allSatisfy({ Self.modifiers.contains(String($0)) }),
                    kind + 1 < words.count
                else { return nil }
                return Self.name(words[kind + 1])
            })
    }

    /// The names of all types in the file, which hide those of other files.
    private var own: Set<String> {
        Set(
            lines.flatMap { line in
                let words = line.split(separator: " ")
                return zip(words, words.dropFirst()).compactMap { kind, name in
                    Self.kinds.contains(String(kind)) ? Self.name(name) : nil
                }
            })
    }

    private static func name(_ word: Substring) -> String {
        String(word.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }

    /// The words of the code that may name a declaration of another file.
    ///
    /// Members, comments, strings and conditions of compilation do not count.
    var used: Set<String> {
        var result: Set<String> = []
        var isInText = false
        for line in lines {
            let marks = line.ranges(of: "\"\"\"").count
            defer { if marks % 2 == 1 { isInText.toggle() } }
            let code = line.drop { $0 == " " }
            if isInText || code.hasPrefix("//") || code.hasPrefix("#") { continue }
            Self.addWords(of: Array(code.utf8), to: &result)
        }
        return result.subtracting(own)
    }

    private static func addWords(of code: [UInt8], to words: inout Set<String>) {
        var index = 0
        while index < code.count {
            let byte = code[index]
            if byte == UInt8(ascii: "/"), code[index...].starts(with: "//".utf8) { return }
            if byte == UInt8(ascii: "\"") {
                index += 1
                while index < code.count, code[index] != byte {
                    index += code[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
                continue
            }
            guard isWord(byte) else {
                index += 1
                continue
            }
            let start = index
            while index < code.count, isWord(code[index]) { index += 1 }
            if start == 0 || code[start - 1] != UInt8(ascii: ".") {
                words.insert(String(decoding: code[start..<index], as: UTF8.self))
            }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The `package` declarations without a doc comment, each as its line.
    var undocumented: [String] {
        lines.indices.compactMap { index in
            let words = lines[index].split(separator: " ").drop { $0.hasPrefix("@") }
            let modifiers = words.prefix { Self.modifiers.contains(String($0)) }
            guard modifiers.contains("package"), let kind = words.dropFirst(modifiers.count).first,
                kind != "import", !kind.hasPrefix("init")
            else { return nil }
            let above = lines[..<index].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
            return above.drop { $0 == " " }.hasPrefix("///") ? nil : lines[index]
        }
    }
}
