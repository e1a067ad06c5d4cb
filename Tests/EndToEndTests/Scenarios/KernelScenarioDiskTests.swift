import Foundation
import TestSupport
import Testing

/// The example policy about disks over a real one; only a guest has one to write to.
@Suite(
    .serialized,
    .enabled(
        if: RealCgroups.required == "v2", "needs a guest with an empty /dev/vda and v2's io"))
struct KernelScenarioDiskTests {
    private typealias S = Scenario

    private let device: String

    init() throws {
        let text = try String(contentsOfFile: "/sys/block/vda/dev", encoding: .utf8)
        device = text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Bytes that the kernel counted as written to the disk.
    private func written(_ scenario: Scenario) -> UInt64 {
        let v2 = scenario.text("io.stat", of: "backup").split(separator: "\n")
            .first { $0.hasPrefix("\(device) ") }?.split(separator: " ")
            .first { $0.hasPrefix("wbytes=") }?.dropFirst("wbytes=".count)
        let v1 = scenario.text("blkio.throttle.io_service_bytes", of: "backup").split(
            separator: "\n"
        )
        .first { $0.hasPrefix("\(device) Write ") }?.split(separator: " ").last
        return (v2 ?? v1).flatMap { UInt64($0) } ?? 0
    }

    /// The limit in bytes a second; nil if there is none.
    private func limit(_ scenario: Scenario) -> UInt64? {
        let v2 = scenario.text("io.max", of: "backup").split(separator: "\n")
            .first { $0.hasPrefix("\(device) ") }?.split(separator: " ")
            .first { $0.hasPrefix("wbps=") }?.dropFirst("wbps=".count)
        let v1 = scenario.text("blkio.throttle.write_bps_device", of: "backup")
            .split(separator: "\n").first { $0.hasPrefix("\(device) ") }?.split(separator: " ").last
        return (v2 ?? v1).flatMap { UInt64($0) }
    }

    /// Bytes a second over some seconds.
    private func rate(_ scenario: Scenario, seconds: Double) -> Double {
        let clock = ContinuousClock()
        let (start, first) = (clock.now, written(scenario))
        Thread.sleep(forTimeInterval: seconds)
        let time = (clock.now - start) / .seconds(1)
        return Double(written(scenario) - first) / time
    }

    @Test func diskHogIsThrottledAndReleased() throws {
        let scenario = try Scenario("backup")
        // Another field of the same line stays.
        let isUnified =
            !scenario.text("io.stat", of: "backup").isEmpty
            || scenario.scratch.text("io.max", of: "backup") != nil
        if isUnified {
            try scenario.scratch.write("\(device) riops=5000", to: "io.max", of: "backup")
        }
        let original = scenario.text("io.max", of: "backup")
        // Empty cgroups leave the group; this one does not.
        let idler = try scenario.start("exec sleep 300", in: "backup")
        let hog = try scenario.start(
            "while :; do dd if=/dev/zero of=/dev/vda bs=256k count=400 oflag=direct conv=notrunc "
                + "2>/dev/null; done", in: "backup")
        try scenario.eventually("it writes") { written(scenario) > 8 << 20 }
        let before = rate(scenario, seconds: 3)
        let daemon = try scenario.watch(
            "50-disk-hog",
            [
                ("{unit: \"backup*.service\"}", "{path: \"\(scenario.path("backup"))*\"}"),
                (
                    "host.io.pressure.full.avg10 > 15% and avg(io.wbytes.rate, 10s) > 50MiB/s",
                    "avg(io.wbytes.rate, \(S.ticks(4))) > 2MiB/s"
                ),
                ("for: 10s", "for: \(S.ticks(2))"),
                ("until: host.io.pressure.full.avg10 < 5%", "until: io.wbytes.rate < 128KiB/s"),
                ("until_for: 60s", "until_for: \(S.ticks(4))"),
                (
                    "every: 20s, max: 2, while: host.io.pressure.full.avg10 > 15%",
                    "every: \(S.ticks(8)), max: 2, while: io.wbytes.rate > 1MiB/s"
                ),
                ("min: 10MiB/s", "min: 1MiB/s"),
                ("factor: 2, every: 20s", "factor: 2, every: \(S.ticks(3))"),
                ("    requires: [psi]\n", ""),
            ])
        try scenario.eventually("three cuts") {
            try daemon.lines.values(of: "io.max.wbps[/dev/vda]", on: scenario.path("backup")).count
                >= 3
        }
        let least = try #require(limit(scenario))
        #expect(Double(least) < before / 3)
        // Pending effects are complete.
        Thread.sleep(forTimeInterval: 1)
        let after = rate(scenario, seconds: 4)
        #expect(after < Double(least) * 1.3, "\(before), \(least), \(after)")
        #expect(after > Double(least) * 0.3, "\(before), \(least), \(after)")
        #expect(after < before / 2)
        hog.end()
        scenario.endAll(in: "backup", but: idler)
        try scenario.eventually("the limit is lifted") { limit(scenario) == nil }
        #expect(scenario.text("io.max", of: "backup") == original)
        let lines = try daemon.lines
        #expect(
            lines.steps(of: "slow-backup").prefix(4) == [
                "idle -> pending", "pending -> active", "active -> clearing",
                "clearing -> relaxing",
            ], "\(lines.states(of: "slow-backup"))")
        #expect(try daemon.stop().status == 0)
        #expect(limit(scenario) == nil)
    }
}
