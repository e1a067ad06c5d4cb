import Foundation
import TestSupport
import Testing

/// A cgroup `outer` with `outer/job` below it, in every tree, and processes in them.
private final class Nest {
    let scratch: ScratchHierarchy
    private var processes: [ScratchProcess] = []

    /// Prepares `outer` before its child is made, which copies a v1 cpuset.
    init(_ prepare: (ScratchHierarchy) throws -> Void = { _ in }) throws {
        scratch = try ScratchHierarchy()
        try scratch.make("outer")
        try prepare(scratch)
        try scratch.make("outer/job")
    }

    deinit { for process in processes { process.end() } }

    var outer: String { "\(scratch.path("outer"))" }
    var job: String { "\(scratch.path("outer/job"))" }

    func add(_ process: ScratchProcess) -> ScratchProcess {
        processes.append(process)
        return process
    }

    /// Starts a script in a cgroup, and waits for its first line.
    func start(_ script: String, in cgroup: String = "outer/job") throws {
        add(try ScratchProcess(script, in: cgroup, of: scratch)).waitUntilReady()
    }

    func busy(in cgroup: String = "outer/job") throws {
        _ = add(try ScratchProcess.busy(in: cgroup, of: scratch))
    }

    /// Writes to the v2 file if a tree has it, else to the v1 file.
    func set(_ unified: (String, String), legacy: (String, String), of name: String = "outer")
        throws
    {
        if scratch.text(unified.0, of: name) != nil {
            try scratch.write(unified.1, to: unified.0, of: name)
        } else {
            try scratch.write(legacy.1, to: legacy.0, of: name)
        }
    }

    /// Bytes of memory in use.
    func usage(of name: String = "outer") throws -> Int {
        let text =
            scratch.text("memory.current", of: name)
            ?? scratch.text("memory.usage_in_bytes", of: name) ?? ""
        return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    func limitMemory(_ bytes: Int) throws {
        if scratch.text("memory.swap.max", of: "outer") != nil {
            try scratch.write("0", to: "memory.swap.max", of: "outer")
        }
        try set(
            ("memory.max", "\(bytes)"), legacy: ("memory.limit_in_bytes", "\(bytes)"))
    }

    func explain(_ cgroup: String? = nil, window: String = "2s") throws -> JSONText.Object {
        let result = try ProgramRun.cgwarden("explain", "--json", "-d", window, cgroup ?? job)
        try #require(result.status == 0, "\(result.errors)")
        return try JSONText.object(result.output)
    }
}

/// A finding in the program's output.
private struct Found {
    let kind: String?
    let by: String?
    let file: String?
    let severity: String?
    let share: Double?
    let text: String

    init(_ object: JSONText.Object) {
        kind = object["kind"] as? String
        by = object["by"] as? String
        severity = object["severity"] as? String
        share = object["time_share"] as? Double
        text = object["text"] as? String ?? ""
        file = (object["evidence"] as? [JSONText.Object])?.first?["file"] as? String
    }

    static func all(_ explanation: JSONText.Object) throws -> [Found] {
        try #require(explanation["findings"] as? [JSONText.Object]).map(Found.init)
    }
}

/// `explain` of real cgroups under real load, on v1 here and on v2 in the guests.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "it needs root and writable cgroup mounts"))
struct KernelExplainTests {
    @Test func aQuotaOfTheParentIsTheVerdict() throws {
        let nest = try Nest()
        try nest.set(("cpu.max", "20000 100000"), legacy: ("cpu.cfs_quota_us", "20000"))
        try nest.busy()
        let verdict = try #require(try Found.all(nest.explain()).first)
        #expect(verdict.kind == "quota")
        #expect(verdict.by == nest.outer)
        #expect(["cpu.max", "cpu.cfs_quota_us"].contains(verdict.file))
        // One task uses 20 of 100 ms, so it is throttled for 80 % of the time; on a busy machine
        // it waits for the CPU in a part of that.
        #expect(verdict.share ?? 0 > 0.2, "\(verdict.text)")
        #expect(verdict.text.contains("by \(nest.outer): cpu.max 0.2 CPUs, in "))
    }

    @Test func aLimitOfTasksThatIsReachedIsTheVerdict() throws {
        let nest = try Nest()
        try nest.scratch.write("2", to: "pids.max", of: "outer")
        for _ in 0..<2 { try nest.start("echo; exec sleep 60") }
        try awaiting("two tasks") {
            nest.scratch.text("pids.current", of: "outer")?.hasPrefix("2") == true
        }
        let verdict = try #require(try Found.all(nest.explain(window: "200ms")).first)
        #expect(verdict.kind == "forks_fail")
        #expect(verdict.by == nest.outer)
        #expect(verdict.file == "pids.max")
    }

    @Test func aFrozenParentIsTheVerdict() throws {
        let nest = try Nest()
        try nest.start("echo; exec sleep 60")
        try nest.set(("cgroup.freeze", "1"), legacy: ("freezer.state", "FROZEN"))
        defer { try? nest.set(("cgroup.freeze", "0"), legacy: ("freezer.state", "THAWED")) }
        let verdict = try #require(try Found.all(nest.explain(window: "200ms")).first)
        #expect(verdict.kind == "frozen")
        #expect(verdict.severity == "stuck")
        #expect(verdict.by == nest.outer)
        #expect(["cgroup.freeze", "freezer.self_freezing"].contains(verdict.file))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "it needs two CPUs"))
    func aListOfCPUsIsTheVerdictWhereTasksShareThem() throws {
        let nest = try Nest { scratch in
            try scratch.write("0", to: "cpuset.cpus", of: "outer")
        }
        for _ in 0..<2 { try nest.busy() }
        let verdict = try #require(try Found.all(nest.explain()).first)
        #expect(verdict.kind == "cpuset", "\(verdict.text)")
        #expect(verdict.by == nest.outer)
        #expect(verdict.file == "cpuset.cpus")
        #expect(verdict.text.contains("1 CPU (0)"))
    }

    @Test func aLowWeightIsFoundUnderContention() throws {
        let nest = try Nest()
        try nest.scratch.make("rival")
        try nest.set(("cpu.weight", "10"), legacy: ("cpu.shares", "102"))
        try nest.set(("cpu.weight", "1000"), legacy: ("cpu.shares", "10240"), of: "rival")
        for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
            try nest.busy(in: "rival")
        }
        for _ in 0..<2 { try nest.busy() }
        let findings = try Found.all(nest.explain())
        let found = try #require(findings.first { $0.kind == "weight" }, "\(findings)")
        #expect(found.by == nest.outer)
        #expect(["cpu.weight", "cpu.shares"].contains(found.file))
        #expect(found.text.contains("\(nest.scratch.path("rival"))"))
    }

    @Test func aFullLimitOfTheParentIsTheVerdict() throws {
        let nest = try Nest()
        nest.add(try ScratchProcess.holding(megabytes: 40, in: "outer/job", of: nest.scratch))
            .waitUntilReady()
        try nest.limitMemory(try nest.usage() + 200_000)
        let verdict = try #require(try Found.all(nest.explain(window: "200ms")).first)
        #expect(verdict.kind == "memory_full", "\(verdict.text)")
        #expect(verdict.by == nest.outer)
        #expect(["memory.max", "memory.limit_in_bytes"].contains(verdict.file))
    }

    /// Allocates 8 MiB a second, however slow the machine is.
    private static let hog = """
        ulimit -v 1000000; exec perl -MTime::HiRes=time,sleep -e '
        $| = 1; print "ready\\n"; $n = 1 << 20; $t = time;
        while (time < $t + 60) { push @x, "a" x $n while @x < (time - $t) * 8; sleep 0.05 }'
        """

    @Test func timeUntilTheLimitIsRightForALinearHog() throws {
        let nest = try Nest()
        let limit = 150 << 20
        try nest.limitMemory(limit)
        try nest.start(Self.hog)
        try awaiting("it allocates") { try nest.usage() > 16 << 20 }
        let found = try nest.explain(window: "3s")
        let start = ContinuousClock.now
        let used = try nest.usage()
        let limits = try #require(found["limits"] as? [JSONText.Object])
        let bound = try #require(
            limits.first { ($0["limit"] as? JSONText.Object)?["cgroup"] as? String == nest.outer })
        let left = try #require(bound["seconds_left"] as? Double)
        // Ends shortly before the limit, so that nothing is killed.
        let goal = limit * 9 / 10
        try awaiting("it is near the limit") { try nest.usage() >= goal }
        let took = (ContinuousClock.now - start) / .seconds(1)
        let expected = took * Double(limit - used) / Double(goal - used)
        #expect(abs(left - expected) <= 0.2 * expected, "\(left) s foretold, \(expected) s needed")
    }

    @Test(.enabled(if: RealCgroups.hasUnified, "\(RealCgroups.unifiedReason)"))
    func memoryHighOfTheParentIsTheVerdict() throws {
        let nest = try Nest()
        try nest.scratch.write("0", to: "memory.swap.max", of: "outer")
        try nest.scratch.write("\(24 << 20)", to: "memory.high", of: "outer")
        try nest.start(Self.hog)
        try awaiting("it is above memory.high") { try nest.usage() > 24 << 20 }
        let verdict = try #require(try Found.all(nest.explain(window: "4s")).first)
        #expect(verdict.kind == "memory_high", "\(verdict.text)")
        #expect(verdict.by == nest.outer)
        #expect(verdict.file == "memory.high")
    }

    @Test func aLimitOfADiskIsTheVerdict() throws {
        guard let number = try? String(contentsOfFile: "/sys/block/vda/dev", encoding: .utf8) else {
            return
        }
        let disk = number.trimmingCharacters(in: .whitespacesAndNewlines)
        let nest = try Nest()
        try nest.set(
            ("io.max", "\(disk) wbps=1048576"),
            legacy: ("blkio.throttle.write_bps_device", "\(disk) 1048576"))
        // Only a guest has a disk of its own.
        let isGuest = RealCgroups.required != nil
        let file =
            isGuest
            ? "/dev/vda" : FileManager.default.currentDirectoryPath + "/.build/cgwarden-test-disk"
        defer { if !isGuest { try? FileManager.default.removeItem(atPath: file) } }
        try nest.start(
            "echo; while :; do dd if=/dev/zero of='\(file)' bs=64k count=64 oflag=direct "
                + "conv=notrunc 2>/dev/null; done")
        let findings = try awaiting("it writes to the disk", seconds: 60) { () -> [Found]? in
            let findings = try Found.all(nest.explain(window: "4s"))
            return findings.contains { $0.kind == "io_limit" } ? findings : nil
        }
        // Tasks may lose even more time to a busy machine.
        let found = try #require(findings.first { $0.kind == "io_limit" })
        #expect(found.by == nest.outer)
        #expect(["io.max wbps", "blkio.throttle.write_bps_device"].contains(found.file))
    }

    @Test func anIdleCgroupIsHealthy() throws {
        let nest = try Nest()
        try nest.start("echo; exec sleep 60")
        let explanation = try nest.explain()
        #expect(try Found.all(explanation).map(\.kind) == ["healthy"])
        #expect(
            (explanation["verdict"] as? String)?.hasPrefix("healthy: usage is below 90%") == true)
        #expect(explanation["policies_unknown"] as? String != nil || explanation["policies"] != nil)
    }

    @Test func theOwnerOfALimitIsWhoSetIt() throws {
        let nest = try Nest()
        for _ in 0..<2 { try nest.start("echo; exec sleep 60") }
        let state = [
            "CGWARDEN_STATE_DIRECTORY": NSTemporaryDirectory() + "cgwarden-test-explain-\(getpid())"
        ]
        let set = try ProgramRun.cgwarden("set", nest.outer, "pids.max=2", environment: state)
        #expect(set.status == 0, "\(set.errors)")
        let result = try ProgramRun.cgwarden(
            "explain", "-d", "200ms", nest.job, environment: state)
        #expect(result.lines.first == "forks fail at \(nest.outer): pids.max 2, 2 used")
        #expect(result.output.contains("set by cgwarden set pids.max=2"), "\(result.output)")
        _ = try ProgramRun.cgwarden("restore", environment: state)
        try? FileManager.default.removeItem(atPath: state.values.first ?? "")
    }

    @Test func cgroupRemovedDuringTheWatchIsReported() throws {
        let nest = try Nest()
        let run = try ProgramRun(ProgramRun.cgwarden, ["explain", "-d", "8s", nest.job])
        Thread.sleep(forTimeInterval: 4)
        try nest.scratch.remove("outer/job")
        let result = try run.result()
        #expect(result.status == 66)
        #expect(result.errors == "cgwarden: \(nest.job) was removed while it was watched\n")
    }
}
