internal import Policy

/// Text in JSON (RFC 8259).
package enum JSONText {
    /// A text in quotes.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                result += "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// An object whose members are JSON already, in their order.
    package static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}

extension Cause {
    /// `{"text":…,"evidence":[{"term":…,"value":…,"coverage":…}]}`.
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
