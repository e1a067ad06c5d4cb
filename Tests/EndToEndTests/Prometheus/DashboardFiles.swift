import Configuration
import Foundation
import TestSupport
import Testing

/// The files in `dashboards/`.
enum DashboardFiles {
    static let package = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = package.appending(path: "dashboards")
    static let boards = ["hierarchy-overview.json", "one-cgroup.json"]
    static let rules = ["recording.rules.yml", "alerts.rules.yml"]
    static var rulePaths: [String] { rules.map { folder.appending(path: $0).path() } }

    static func board(_ name: String) throws -> JSONText.Object {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return try JSONText.object(text)
    }

    static func list(_ object: JSONText.Object, _ keys: String...) -> [JSONText.Object] {
        let last = keys.dropLast().reduce(object) { $0[$1] as? JSONText.Object ?? [:] }
        return keys.last.flatMap { last[$0] as? [JSONText.Object] } ?? []
    }

    /// Every expression of a dashboard: of panels, annotations and variables.
    static func expressions(ofBoard name: String) throws -> [PromExpression] {
        let board = try board(name)
        let panels = list(board, "panels").flatMap { panel in
            list(panel, "targets").map { ("\(panel["title"] ?? "")", $0["expr"]) }
        }
        let annotations = list(board, "annotations", "list").map {
            ("annotation \($0["name"] ?? "")", $0["expr"])
        }
        // The argument of label_values(); other variables have no expression.
        let variables = list(board, "templating", "list").map { variable in
            let definition = (variable["definition"] as? String)?
                .wholeMatch(of: /label_values\((.*), *[a-z]+\)/)?.output.1
            return ("variable \(variable["name"] ?? "")", definition.map(String.init) as Any?)
        }
        return (panels + annotations + variables).compactMap { place, text in
            (text as? String).map { PromExpression(place: "\(name): \(place)", text: $0) }
        }
    }

    /// Every rule of a file: its name, and its expression.
    static func expressions(ofRules name: String) throws -> [PromExpression] {
        let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
        return try values(of: "groups", in: ConfigLoader.load(bytes, file: name)).flatMap {
            try values(of: "rules", in: $0)
        }.map { rule in
            let entries = try rule.mapping(for: "rule")
            func text(_ keys: String...) throws -> String {
                let entry = entries.first { keys.contains($0.key) }
                return try #require(entry).value.text(for: "rule")
            }
            return PromExpression(
                place: "\(name): \(try text("alert", "record"))", text: try text("expr"))
        }
    }

    private static func values(of key: String, in node: ConfigNode) throws -> [ConfigNode] {
        let entry = try node.mapping(for: "mapping").first { $0.key == key }
        return try #require(entry).value.sequence(for: key)
    }

    static func expressions() throws -> [PromExpression] {
        try boards.flatMap(expressions(ofBoard:)) + rules.flatMap(expressions(ofRules:))
    }
}
