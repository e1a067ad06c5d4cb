/// A user's name and password for a server.
package struct WebCredentials: Hashable, Sendable {
    private let user: String
    private let password: String

    /// Parses a line `USER:PASSWORD`; nil without a colon, or with control characters.
    package init?(line: String) {
        guard let colon = line.firstIndex(of: ":"),
            line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        user = String(line[..<colon])
        password = String(line[line.index(after: colon)...])
    }

    /// Finds the entry of a host in the text of a netrc file, or the default entry if allowed; nil
    /// if there is none.
    package init?(netrc text: String, host: String, allowsDefault: Bool = true) {
        var words = Self.words(text)[...]
        var entry: (user: String?, password: String?)?
        while let word = words.popFirst() {
            let begins = word == "machine" || word == "default"
            if begins, entry?.password != nil { break }
            switch word {
            case "machine": entry = words.popFirst() == host ? (nil, nil) : nil
            case "default": entry = allowsDefault ? (nil, nil) : nil
            case "login": if let value = words.popFirst() { entry?.user = value }
            case "password": if let value = words.popFirst() { entry?.password = value }
            case "account": _ = words.popFirst()
            default: break
            }
        }
        guard let user = entry?.user, let password = entry?.password else { return nil }
        self.init(line: "\(user):\(password)")
    }

    /// The words of a netrc file, without macros, which end at an empty line.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var isMacro = false
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isEmpty { isMacro = false }
            if isMacro { continue }
            let parts = line.split(whereSeparator: { " \t".contains($0) }).map(String.init)
            if parts.first == "macdef" { isMacro = true } else { words += parts }
        }
        return words
    }

    /// The value of the `Authorization` header (RFC 7617).
    package var authorization: String { "Basic " + Self.base64(Array("\(user):\(password)".utf8)) }

    /// Encodes bytes (RFC 4648, section 4).
    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for place in 0..<3 {
                bits = bits << 8 | (place < group.count ? Int(group[start + place]) : 0)
            }
            for place in 0..<4 {
                let digit = digits[bits >> (18 - 6 * place) & 63]
                text.append(place <= group.count ? digit : "=")
            }
        }
        return text
    }
}
