import Foundation
import TestSupport
import Testing

/// What a real Prometheus has stored while cgroups were born and died: `Tests/Performance/churn`,
/// for a short while, or for as many seconds as `CGWARDEN_CHURN_SECONDS` says.
@Suite(
    .enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"),
    .enabled(if: ProgramRun.isInstalled("python3"), "python3 is not installed"),
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .enabled(if: !RunningDaemon.isInGuest, "it needs a machine's own pace"))
struct KernelScrapedChurnTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["CGWARDEN_CHURN_SECONDS"].flatMap(Double.init) ?? 12

    @Test func storedSeriesMatchTheLifeOfCgroups() throws {
        let script = DashboardFiles.package.appending(path: "Tests/Performance/churn").path()
        let run = try ProgramRun(
            script,
            ["--seconds", "\(Self.seconds)", "--interval", "3", "--program", ProgramRun.cgwarden])
        let result = try run.result(seconds: Self.seconds + 1200)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let verdicts = result.lines.filter { $0.hasPrefix("ok: ") }
        #expect(verdicts.count >= 6, "\(result.output)")
    }
}
