import Foundation
import TestSupport
import Testing

/// JSON as read by a third-party parser.
enum JSONText {
    typealias Object = [String: Any]

    static func object(_ text: some StringProtocol) throws -> Object {
        try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object, "no object: \(text)")
    }

    /// One object per line.
    static func objects(_ result: ProgramRun.Result) throws -> [Object] {
        try #require(result.status == 0, "\(result.errors)")
        return try result.lines.map { try object($0) }
    }

    /// Every value with its full name: `io` › `254:0` › `rbytes` is `io.254:0.rbytes`.
    ///
    /// Numbers keep their digits as text, so that nothing is rounded.
    static func flat(_ object: Object, _ prefix: String = "") -> [String: String] {
        var result: [String: String] = [:]
        for (key, value) in object {
            if let nested = value as? Object {
                result.merge(flat(nested, "\(prefix)\(key)/")) { $1 }
            } else {
                result[prefix + key] = "\(value)"
            }
        }
        return result
    }
}
