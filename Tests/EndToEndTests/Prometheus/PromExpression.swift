import Foundation
import TestSupport

/// A PromQL expression of a dashboard or a rule file, and where it stands.
struct PromExpression: Hashable, CustomStringConvertible {
    let place: String
    let text: String

    var description: String { "\(place): \(text)" }

    /// The expression with its variables replaced as Grafana does it.
    func filled(_ variables: [String: String]) -> String {
        // The longest first: `$n` is the beginning of another.
        variables.sorted { $0.key.count > $1.key.count }.reduce(text) {
            $0.replacingOccurrences(of: "$" + $1.key, with: $1.value)
        }
    }

    /// The metrics of an alert, whether or not it fires.
    ///
    /// A comparison with a number gives 0 or 1 and hides nothing, and how an action ended does not
    /// matter.
    static func showingAll(_ expression: String) -> String {
        expression.replacing(/\ (>|<|>=|<=|==|!=) ([0-9])/) {
            "\($0.output.0.dropLast())bool \($0.output.2)"
        }.replacing(/result="[a-z]+"/, with: "result!=\"\"")
    }

    /// The variables that it uses.
    var variables: Set<String> { Set(text.matches(of: /\$([a-z_]+)/).map { String($0.output.1) }) }

    /// The names of the metrics that it uses.
    var metricNames: Set<String> {
        var rest = text.replacing(/"[^"]*"/, with: "")
        rest.replace(/\{[^}]*\}|\[[^\]]*\]/, with: "")
        rest.replace(
            /\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)/, with: " ")
        rest.replace(/[a-z_]+ *\(|\b[0-9][0-9a-z.]*/, with: "(")
        let words = rest.matches(of: /[a-zA-Z_:\$][a-zA-Z0-9_:]*/).map { String($0.output) }
        let operators: Set = ["and", "or", "unless", "offset", "bool"]
        return Set(words).filter { !operators.contains($0) && !$0.hasPrefix("$") }
    }
}
