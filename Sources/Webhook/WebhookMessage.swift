internal import Enforcement
internal import KernelIO
internal import Policy
internal import PolicyLanguage

/// The message for a notice.
struct WebhookMessage: Sendable {
    /// The JSON.
    let body: String

    /// Encodes a notice; its member `time` is in seconds since 1970.
    init(_ notice: Notice, wallMicroseconds: UInt64) {
        let fraction = String(wallMicroseconds % 1_000_000 + 1_000_000).dropFirst()
        var members = [
            ("time", "\(wallMicroseconds / 1_000_000).\(fraction)"),
            ("level", JSONText.quoted(notice.level.rawValue)),
            ("text", JSONText.quoted(notice.text)),
        ]
        for (name, value) in notice.fields.sorted(by: { $0.key < $1.key }) {
            let key = name.hasPrefix("CGWARDEN_") ? name.dropFirst("CGWARDEN_".count) : name[...]
            // The cause is already JSON.
            let isJSON = key.hasSuffix("_JSON")
            members.append(
                (
                    (isJSON ? key.dropLast("_JSON".count) : key).lowercased(),
                    isJSON ? value : JSONText.quoted(value)
                ))
        }
        body = JSONText.object(members)
    }
}

/// The bearer token of a webhook, read from its file for each attempt so that it can be changed.
enum WebhookToken {
    /// Reads the file's only line; throws EIO if it is not a printable word of at most 4096 bytes.
    static func read(_ path: String) throws(IOError) -> String {
        let bytes: [UInt8]
        do throws(FileRefusal) {
            bytes = try RegularFile(path).contents(most: 1 << 16)
        } catch {
            throw error.error
        }
        var text = bytes[...]
        while let last = text.last, "\n\r ".utf8.contains(last) {
            text = text.dropLast()
        }
        guard !text.isEmpty, text.count <= 4096, text.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw IOError("parse the token in", path, code: 5)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
