import CgroupModel
import Foundation
import TestSupport
import Testing

/// Every expression of the dashboards and rules, put to a real Prometheus that scraped a real
/// exporter and a real daemon over cgroups under load.
@Suite(
    .enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"),
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .enabled(
        if: !RunningDaemon.isInGuest || ProgramCgroup.trees.allSatisfy(\.isUnified),
        "v1 is tried on the host; guests are slow"))
struct KernelDashboardTests {
    @Test func everyExpressionHasData() throws {
        let load = try DashboardLoad()
        defer { load.end() }
        let exporter = try ServingProgram()
        // Not a dry run, in which no guard is on watch.
        let daemon = try RunningDaemon(load.policy)
        defer { _ = try? daemon.end() }
        let interval = try self.interval(exporter, daemon.server)
        let prometheus = try PrometheusRun(
            scrapeConfigs: """
                - job_name: cgwarden
                  static_configs:
                  - targets: ["127.0.0.1:\(exporter.port)", "127.0.0.1:\(daemon.server.port)"]
                """, interval: "\(interval)s", ruleFiles: DashboardFiles.rulePaths)
        try prometheus.awaitTargets(2)
        // Not before: all of them start at a slow machine's pace.
        try load.start()
        var open = try DashboardFiles.expressions()
        let all = open.count
        #expect(all >= 100)
        // Rates need two scrapes, and costly files are not read at each.
        let patience = ContinuousClock.now + .seconds(60 + 30 * interval)
        while true {
            open = try open.filter { expression in
                let text = PromExpression.showingAll(
                    expression.filled(
                        variables(for: expression, load, exporter, daemon, interval)))
                return try prometheus.query(text).isEmpty
            }
            let isWaiting = open.contains { $0.metricNames.allSatisfy(load.isGiven) }
            guard isWaiting, ContinuousClock.now < patience else { break }
            Thread.sleep(forTimeInterval: 0.5)
        }
        for expression in open {
            let missing = expression.metricNames.filter { !load.isGiven($0) }.sorted()
            #expect(!missing.isEmpty, "it has no data, though its metrics are there: \(expression)")
            print("skipped: \(expression.place): this kernel has no \(missing)")
        }
        print("\(all - open.count) of \(all) expressions have data")
        // Nor does a rule fail when Prometheus itself evaluates it.
        let groups: Groups = try prometheus.ask("rules")
        let rules = groups.groups.flatMap(\.rules)
        #expect(
            rules.count
                == (try DashboardFiles.rules.flatMap(DashboardFiles.expressions(ofRules:))).count)
        for rule in rules { #expect(rule.health == "ok", "\(rule.name): \(rule.lastError ?? "")") }
    }

    private struct Groups: Decodable {
        struct Rule: Decodable {
            let name: String
            let health: String
            let lastError: String?
        }
        struct Group: Decodable { let rules: [Rule] }
        let groups: [Group]
    }

    private func variables(
        for expression: PromExpression, _ load: DashboardLoad, _ exporter: ServingProgram,
        _ daemon: RunningDaemon, _ interval: Int
    ) -> [String: String] {
        let isOfOverview = expression.place.hasPrefix("hierarchy-overview")
        // Only the daemon has policies.
        let isOfDaemon = expression.metricNames.contains { $0.hasPrefix("cgwarden_guard") }
        let port = isOfDaemon ? daemon.server.port : exporter.port
        let isOfChildren = expression.text.contains("parent=\"$cgroup\"")
        return [
            "instance": isOfOverview ? ".*" : "127.0.0.1:\(port)", "depth": "2", "n": "10",
            "cgroup": isOfChildren ? load.slice.path : load.web.path,
            "__rate_interval": "\(5 * interval)s", "__range": "\(60 * interval)s",
        ]
    }

    /// Seconds between scrapes: three times as much as one takes here and now.
    private func interval(_ servers: ServingProgram...) throws -> Int {
        let slowest = try servers.map { server in
            try ContinuousClock().measure { _ = try server.get() } / .seconds(1)
        }.max()
        return max(1, Int((3 * (slowest ?? 0)).rounded(.up)))
    }

    /// The expressions that a v1 machine skips are of names that v2 alone has, and this kernel
    /// has them.
    @Test(
        .enabled(
            if: ProgramCgroup.trees.allSatisfy(\.isUnified),
            "without v1's counterpart, so tried on v2: \(ofUnifiedAlone.joined(separator: ", "))"))
    func panelsForV2OnlyHaveData() throws {
        let load = try DashboardLoad()
        defer { load.end() }
        for name in Self.ofUnifiedAlone { #expect(load.isGiven(name), "\(name)") }
    }

    private static let ofUnifiedAlone: [String] = {
        let names = Set(((try? DashboardFiles.expressions()) ?? []).flatMap(\.metricNames))
        return MetricCatalog.all.filter { $0.v1 == nil }.compactMap(\.family)
            .filter(names.contains).sorted()
    }()
}
