import CgroupModel
import Foundation
import TestSupport
import Testing

/// Dashboards and rules as files: what they name is there, and their own tests pass.
struct DashboardTests {
    /// Names that come from Prometheus itself.
    private static let ofPrometheus: Set = ["up", "scrape_duration_seconds"]

    /// Families without series before an action; the test on the real kernel has them.
    private static let ofDeeds: Set = [
        "cgwarden_policy_actions_total", "cgwarden_policy_last_action_timestamp_seconds",
        "cgwarden_policy_disabled", "cgwarden_guard_state",
    ]

    @Test func dashboardsUseOnlyOurMetrics() throws {
        let capture = try ProgramCapture("v2")
        let exporter = try ServingProgram("--root", capture.root)
        let policy = "groups: {web: {path: /app.slice/web.service}}\n\(DashboardLoad.rules)\n"
        let daemon = try RunningDaemon(policy, ["--dry-run", "--root", capture.root])
        try daemon.awaitSample()
        let told = try [exporter.get().text, daemon.server.get().text].flatMap {
            $0.matches(of: /(?m)^# TYPE ([a-z_]+)/).map { String($0.output.1) }
        }
        let own = told.filter { !$0.hasPrefix("cgroup_") }
        let known = Set(MetricCatalog.all.compactMap(\.family) + own + told)
            .union(Self.ofPrometheus).union(Self.ofDeeds)
        for expression in try DashboardFiles.expressions() {
            let unknown = expression.metricNames.subtracting(known)
            #expect(unknown.isEmpty, "\(expression)")
            #expect(!expression.metricNames.isEmpty, "\(expression)")
        }
    }

    @Test(arguments: DashboardFiles.boards) func dashboardsCanBeImported(_ name: String) throws {
        let board = try DashboardFiles.board(name)
        #expect(board["schemaVersion"] as? Int ?? 0 >= 39)
        #expect((board["uid"] as? String ?? "").hasPrefix("cgwarden-"))
        #expect((board["tags"] as? [String] ?? []).contains("cgwarden"))
        #expect(board["id"] is NSNull)
        let panels = DashboardFiles.list(board, "panels")
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        // No two panels lie on the same place.
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = try #require(panel["gridPos"] as? [String: Int])
            let (x, y) = (try #require(place["x"]), try #require(place["y"]))
            let (w, h) = (try #require(place["w"]), try #require(place["h"]))
            #expect(x + w <= 24)
            for column in x..<(x + w) {
                for row in y..<(y + h) {
                    #expect(taken.insert([column, row]).inserted, "\(panel["title"] ?? "")")
                }
            }
        }
        let own = DashboardFiles.list(board, "templating", "list").compactMap {
            $0["name"] as? String
        }
        let given: Set = ["__rate_interval", "__range"]
        for expression in try DashboardFiles.expressions(ofBoard: name) {
            #expect(expression.variables.subtracting(given).isSubset(of: own), "\(expression)")
        }
        let sources = panels.compactMap { $0["datasource"] as? [String: String] }
        #expect(sources.count >= 20 && sources.allSatisfy { $0["uid"] == "${datasource}" })
    }

    @Test(.enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"))
    func promtoolAcceptsTheRulesAndTheirTests() throws {
        let check = try ProgramRun.run("promtool", ["check", "rules"] + DashboardFiles.rulePaths)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let tests = ["alerts.test.yml", "recording.test.yml"].map {
            DashboardFiles.folder.appending(path: "tests/\($0)").path()
        }
        let run = try ProgramRun.run("promtool", ["test", "rules"] + tests)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        // Each has a case in which it fires and one in which it does not.
        let text = try tests.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        for rule in try DashboardFiles.rules.flatMap(DashboardFiles.expressions(ofRules:)) {
            let name = try #require(rule.place.split(separator: " ").last)
            let isRecord = name.contains(":")
            let mark = isRecord ? "expr: \(name)\n" : "alertname=\"\(name)\""
            let outcomes = text.components(separatedBy: mark).dropFirst()
            #expect(!outcomes.isEmpty, "\(name) has no test")
            guard !isRecord else { continue }
            let quiet = outcomes.count { $0.prefix(80).contains("exp_samples: []") }
            #expect(quiet >= 1 && quiet < outcomes.count, "\(name) needs both cases")
        }
    }
}
