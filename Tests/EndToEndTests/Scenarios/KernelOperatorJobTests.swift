import Foundation
import Glibc
import TestSupport
import Testing

/// Policies for jobs, as operators write them, over real work: judged by the kernel's counters, and
/// by what is left when the daemon ends.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "needs root and a mounted cgroup tree"))
struct KernelOperatorJobTests {
    private static let busy = "ulimit -t 90; while :; do :; done"

    @Test func buildJobIsLimitedFromTheStartAndKilledWhenTooOld() throws {
        let scenario = try Scenario("ci", "ci/old")
        try scenario.start("exec sleep 300", in: "ci/old")
        let daemon = try scenario.watch(policy: "ci")
        try scenario.eventually("the first is bounded") {
            scenario.text("pids.max", of: "ci/old") == "50"
        }
        try scenario.make("ci/new")
        try scenario.eventually("the next is bounded before anybody is in it") {
            scenario.text("pids.max", of: "ci/new") == "50"
                && scenario.text("memory.max", "memory.limit_in_bytes", of: "ci/new")
                    == "\(256 << 20)"
        }
        let young = try scenario.start("exec sleep 300", in: "ci/new")
        #expect(kill(young.pid, 0) == 0)
        for job in ["ci/old", "ci/new"] {
            try scenario.eventually("\(job) ends") { scenario.tasks(in: job) == 0 }
        }
        try scenario.eventually("the log tells it") {
            try ["ci/old", "ci/new"].allSatisfy {
                try daemon.lines.done("kill", on: scenario.path($0)).count == 1
            }
        }
        #expect(scenario.text("pids.max", of: "ci/old") == "50")
        try scenario.end(.panicked)
        #expect(scenario.text("pids.max", of: "ci/new") == "max")
    }

    @Test func idleGPUJobIsKilledAndBusyOneKeepsItsCPU() throws {
        let scenario = try Scenario("gpu", "gpu/train", "gpu/idle")
        let train = try scenario.start(Self.busy, in: "gpu/train")
        try scenario.start("exec perl -e '$x = \"a\" x (24 << 20); sleep 300'", in: "gpu/idle")
        let daemon = try scenario.watch(policy: "gpu")
        try scenario.eventually("both are on CPU 0") {
            ["gpu/train", "gpu/idle"].allSatisfy {
                scenario.text("cpuset.cpus", of: $0) == "0"
            }
        }
        let status = try String(contentsOfFile: "/proc/\(train.pid)/status", encoding: .utf8)
        #expect(status.contains("Cpus_allowed_list:\t0\n"))
        try scenario.eventually("the idle one ends") { scenario.tasks(in: "gpu/idle") == 0 }
        #expect(kill(train.pid, 0) == 0)
        #expect(scenario.tasks(in: "gpu/train") > 0)
        try scenario.eventually("the log tells it") {
            try daemon.lines.done("kill", on: scenario.path("gpu/idle")).count == 1
        }
        #expect(try daemon.lines.done("kill", on: scenario.path("gpu/train")).isEmpty)
        // v2 does not allow emptying a cpuset in use.
        train.end()
        try scenario.end(.stopped)
    }

    @Test(arguments: [true, false])
    func batchJobsGetTheirWeightByTimeOfDay(isNight: Bool) throws {
        let scenario = try Scenario("cron", "cron/job")
        try scenario.start(Self.busy, in: "cron/job")
        // The window that holds now, and the rest of the day; neither ends during the test.
        let (here, rest) = Self.windows(around: Date())
        let daemon = try scenario.watch(
            policy: "cron",
            [
                ("during: 22:00-06:00", "during: \(isNight ? here : rest)"),
                ("during: 06:00-22:00", "during: \(isNight ? rest : here)"),
            ])
        let weights = isNight ? ["500", "5120"] : ["10", "102"]
        try scenario.eventually("the share of the \(isNight ? "night" : "day")") {
            weights.contains(scenario.text("cpu.weight", "cpu.shares", of: "cron/job"))
                && scenario.quota(of: "cron/job") == (isNight ? nil : 0.02)
        }
        let used = scenario.cpus(of: "cron/job", seconds: 2)
        #expect(isNight ? used > 0.01 : used < 0.04, "\(used)")
        let throttled = scenario.number("nr_throttled", in: "cpu.stat", of: "cron/job") ?? 0
        #expect(isNight ? throttled == 0 : throttled > 0)
        let values = try daemon.lines.values(of: "cpu.weight", on: scenario.path("cron/job"))
        #expect(values.count == 1, "\(values)")
        try scenario.end(isNight ? .stopped : .restored)
    }

    private static func windows(around now: Date) -> (String, String) {
        let parts = Calendar.current.dateComponents([.hour, .minute], from: now)
        let minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        func text(_ minute: Int) -> String {
            String(format: "%02d:%02d", (minute + 1440) % 1440 / 60, (minute + 1440) % 60)
        }
        let (start, end) = (text(minute - 120), text(minute + 120))
        return ("\(start)-\(end)", "\(end)-\(start)")
    }

    // MARK: Disk

    /// The disk that is written to, and what with; nil where there is none of its own.
    static let disk: (device: String, target: String)? = {
        // A guest has an empty one; elsewhere it is a file on that of the temporary directory.
        if RealCgroups.required != nil { return ("/dev/vda", "/dev/vda") }
        var found = stat()
        guard unsafe stat(NSTemporaryDirectory(), &found) == 0 else { return nil }
        let (major, minor) = (found.st_dev >> 8 & 0xfff, found.st_dev & 0xff)
        let place = "/sys/dev/block/\(major):\(minor)"
        guard FileManager.default.fileExists(atPath: place),
            !FileManager.default.fileExists(atPath: "\(place)/partition")
        else { return nil }
        return (
            "\(major):\(minor)", "\(NSTemporaryDirectory())cgwarden-test-\(getpid())-disk"
        )
    }()

    @Test(.enabled(if: KernelOperatorJobTests.disk != nil, "needs a disk"))
    func backupThatSaturatesTheDiskIsThrottled()
        throws
    {
        let (device, target) = try #require(Self.disk)
        defer { if !target.hasPrefix("/dev/") { _ = unsafe unlink(target) } }
        let scenario = try Scenario("backup")
        let idler = try scenario.start("exec sleep 300", in: "backup")
        let writer = try scenario.start(
            "while :; do dd if=/dev/zero of=\(target) bs=64k count=8 oflag=direct conv=notrunc "
                + "2>/dev/null; sleep 0.05; done", in: "backup")
        let daemon = try scenario.watch(policy: "disk", Self.named(device))
        try scenario.eventually("it is throttled") { Self.limit(scenario) == 512 << 10 }
        // Pending effects are complete.
        Thread.sleep(forTimeInterval: 1)
        let clock = ContinuousClock()
        let (start, first) = (clock.now, Self.written(scenario))
        Thread.sleep(forTimeInterval: 3)
        let rate = Double(Self.written(scenario) - first) / ((clock.now - start) / .seconds(1))
        #expect(rate < 800 * 1024 && rate > 100 * 1024, "\(rate)")
        #expect(try daemon.lines.firings(of: "slow-down") == 1)
        writer.end()
        scenario.endAll(in: "backup", but: idler)
        try scenario.eventually("it is let go") { Self.limit(scenario) != 512 << 10 }
        #expect(try daemon.lines.firings(of: "slow-down") == 1)
        try scenario.end(.restored)
    }

    private static func named(_ device: String) -> [(old: String, new: String)] {
        [
            ("v1: {set: {\"io.max.wbps[/dev/vda]", "v1: {set: {\"io.max.wbps[\(device)]"),
            ("hybrid: {set: {\"io.max.wbps[/dev/vda]", "hybrid: {set: {\"io.max.wbps[\(device)]"),
            ("- set: {\"io.max.wbps[/dev/vda]", "- set: {\"io.max.wbps[\(device)]"),
        ]
    }

    /// Bytes that the kernel counted as written.
    private static func written(_ scenario: Scenario) -> UInt64 {
        let v2 = scenario.text("io.stat", of: "backup").split { " \n".contains($0) }
            .filter { $0.hasPrefix("wbytes=") }.compactMap { UInt64($0.dropFirst(7)) }
        let v1 = scenario.text("blkio.throttle.io_service_bytes", of: "backup").split(
            separator: "\n"
        ).filter { $0.contains(" Write ") }.compactMap { UInt64($0.split(separator: " ")[2]) }
        return (v2 + v1).reduce(0, +)
    }

    /// Bytes a second that may be written.
    private static func limit(_ scenario: Scenario) -> UInt64? {
        let v2 = scenario.text("io.max", of: "backup").split { " \n".contains($0) }
            .first { $0.hasPrefix("wbps=") }.flatMap { UInt64($0.dropFirst(5)) }
        let v1 = scenario.text("blkio.throttle.write_bps_device", of: "backup")
            .split(separator: " ").last.flatMap { UInt64($0) }
        return v2 ?? v1
    }
}
