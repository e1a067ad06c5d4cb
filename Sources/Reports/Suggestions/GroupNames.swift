import CgroupModel

/// The names and patterns of groups that each select one path, as YAML.
struct GroupNames {
    /// The names, in the order of the paths.
    let names: [String]
    private static let longest = 56

    init(_ paths: [CgroupPath]) {
        var taken: Set<String> = []
        names = paths.map { path in
            let base = Self.name(of: path)
            var name = base
            var number = 2
            while !taken.insert(name).inserted {
                name = "\(base)-\(number)"
                number += 1
            }
            return name
        }
    }

    private static func name(of path: CgroupPath) -> String {
        let bytes = path.nameBytes.prefix(longest).map { byte -> UInt8 in
            byte.isLetter || byte.isDigit || "_.".utf8.contains(byte) ? byte : UInt8(ascii: "-")
        }
        let name = String(decoding: bytes, as: UTF8.self)
        let isPlain = bytes.first.map { $0.isLetter || $0.isDigit } ?? false
        return isPlain ? name : "group" + name
    }

    /// The quoted pattern of a path; it matches nothing else unless the path has a `{`.
    static func pattern(of path: CgroupPath) -> String {
        let text = path.text.map { character -> String in
            switch character {
            case "*", "?", "[": "[\(character)]"
            // Brackets cannot contain a brace, so use a pattern that matches any single character.
            case "{": "?"
            default: String(character)
            }
        }
        return quoted(text.joined())
    }

    /// Quotes a text for YAML, and escapes unsafe characters.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where PrintableText.isUnsafe(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
