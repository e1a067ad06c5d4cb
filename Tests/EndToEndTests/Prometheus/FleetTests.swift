import Foundation
import TestSupport
import Testing

/// A real Prometheus that scrapes real exporters.
@Suite(.enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"))
struct PrometheusTests {
    /// A fleet: every target is up, and no series is there twice.
    @Test func twentyExportersAreScraped() throws {
        let captures = try ProgramCapture.modes.map { try ProgramCapture($0) }
        let servers = try (0..<20).map {
            try ServingProgram("--root", captures[$0 % captures.count].root)
        }
        let targets = servers.map { "\"127.0.0.1:\($0.port)\"" }.joined(separator: ", ")
        let prometheus = try PrometheusRun(
            scrapeConfigs: "- {job_name: cgwarden, static_configs: [{targets: [\(targets)]}]}")
        try prometheus.awaitTargets(20)
        let up = try prometheus.query("up{job=\"cgwarden\"}")
        #expect(up.count == 20 && up.allSatisfy { $0.value == 1 })
        // What was scraped is what was stored: no sample was dropped as a duplicate.
        let told = try prometheus.query("scrape_samples_scraped")
        let kept = try prometheus.query(
            "count by (instance) ({job=\"cgwarden\", __name__!~\"up|scrape_.*\"})")
        #expect(told.count == 20)
        #expect(
            told.map(\.value).sorted() == kept.map(\.value).sorted(), "\(told) and \(kept)")
        let cgroups = try prometheus.query(
            "count by (instance, cgroup) (cgroup_info) > 1")
        #expect(cgroups.isEmpty, "\(cgroups)")
        #expect(try prometheus.query("sum(cgwarden_cgroups)").first?.value ?? 0 >= 20 * 8)
    }
}
