internal import CgroupModel
internal import CLinux

/// A bcrypt password hash: `$2y$`, `$2b$` or `$2a$`, the cost, and 53 characters.
package struct PasswordHash: Hashable, Sendable {
    /// The hash as written in the file.
    package let text: String
    /// The base-2 logarithm of the number of rounds, from 4 to 31.
    package let cost: Int

    /// Parses a hash; nil if the text is not a bcrypt hash.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, ["$2y$", "$2b$", "$2a$"].contains(text.prefix(4)),
            let cost = Int(digits: text.dropFirst(4).prefix(2)), (4...31).contains(cost),
            bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(Self.isDigit)
        else { return nil }
        self.text = text
        self.cost = cost
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "./".utf8.contains(byte)
    }

    /// Whether a secret is the password (crypt_r(3)); takes about 50 ms at a cost of 10.
    package func matches(_ secret: [UInt8]) -> Bool {
        // C would read only the part before the NUL byte.
        guard !secret.contains(0) else { return false }
        return unsafe (secret + [0]).withUnsafeBytes { raw in
            let bytes = unsafe raw.bindMemory(to: CChar.self)
            guard let start = bytes.baseAddress else { return false }
            return unsafe cgw_password_matches(start, text) == 1
        }
    }

    /// A hash that no password matches, but that takes as long to check as a real one of this cost.
    package static func decoy(cost: Int) -> PasswordHash {
        let digits = String(100 + min(max(cost, 4), 31)).dropFirst()
        let text = "$2b$\(digits)$cgwardenDecoySaltAbcdeOnhRn4texkWT4gaQrsHd1XPocJlwjai"
        guard let hash = PasswordHash(text) else { preconditionFailure("no hash: \(text)") }
        return hash
    }
}
