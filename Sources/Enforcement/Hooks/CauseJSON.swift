internal import CgroupModel
internal import Policy

/// JSON text (RFC 8259).
package enum JSONText {
    /// Returns a string literal.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.append(quoted: text)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns an object; the members' values are JSON already and keep their order.
    package static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}

extension Cause {
    /// The cause in JSON: `{"text":…,"evidence":[{"term":…,"value":…,"coverage":…}]}`.
    var json: String {
        let terms = evidence.map { one in
            var members = [
                ("term", JSONText.quoted(one.term)), ("value", JSONText.quoted(one.value)),
            ]
            if let coverage = one.coverage { members.append(("coverage", "\(coverage)")) }
            return JSONText.object(members)
        }
        return JSONText.object([
            ("text", JSONText.quoted(text)), ("evidence", "[\(terms.joined(separator: ","))]"),
        ])
    }
}
