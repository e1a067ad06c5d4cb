import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

@Suite(.enabled(if: LimitScratch.isPossible, "no cgroup can be made here"))
struct KernelLimitsTests {
    private let scratch: LimitScratch

    init() throws { scratch = try LimitScratch() }

    private func words(_ results: [LimitResult]) -> [String] {
        results.map { "\($0.outcome)".prefix { $0 != "(" }.description }
    }

    /// A disk that limits can be set on.
    static let disk: String? = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
        return names.sorted().first { $0.hasPrefix("vd") || $0.hasPrefix("sd") }
    }()

    @Test func everyLimitIsSetReadBackAndRestoredExactly() throws {
        var wishes: [String] = []
        if scratch.has(.memory) {
            wishes += ["memory.max=100MiB", "memory.memsw.max=120MiB", "memory.soft_limit=50MiB"]
        }
        if scratch.has(.cpu) {
            wishes += ["cpu.max=0.5cpus", "cpu.max.period=50ms", "cpu.weight=20"]
        }
        if scratch.has(.cpuset) { wishes += ["cpuset.cpus=0", "cpuset.mems=0"] }
        if scratch.has(.pids) { wishes += ["pids.max=50"] }
        if scratch.has(.io), let disk = Self.disk {
            wishes += ["io.max=/dev/\(disk):wbps=10MB/s,riops=500/s"]
        }
        try #require(!wishes.isEmpty)
        let before = try scratch.everything()
        let results = LimitTransaction(
            try scratch.plan(wishes), in: ActingContext(scratch.set, journal: scratch.journal),
            cause: "test"
        ).apply()
        for result in results {
            guard case .applied = result.outcome else {
                Issue.record("\(result.write.name): \(result.outcome) \(result.readBack ?? "")")
                continue
            }
        }
        let reader = LimitReader(scratch.path, in: scratch.set)
        for (name, wanted) in [
            ("memory.max", "100MiB"), ("memory.memsw.max", "120MiB"), ("cpu.max", "0.5cpus"),
            ("cpu.weight", "20"), ("cpuset.cpus", "0"), ("pids.max", "50"),
        ] {
            let limit = try #require(LimitCatalog.limit(named: name))
            guard scratch.has(limit.controller), let reading = reader.read(limit).first else {
                continue
            }
            #expect(limit.grammar.text(try reading.value.get()) == wanted, "\(name)")
        }
        #expect(try scratch.everything() != before)
        let restorer = Restorer(set: scratch.set, journal: scratch.journal)
        let restored = try restorer.restore()
        #expect(!restored.contains { $0.isLeft }, "\(restored.map(\.outcome))")
        #expect(try scratch.everything() == before)
        #expect(try restorer.restore().isEmpty)
    }

    @Test func idleCgroupGetsItsWeightRestored() throws {
        let idle = scratch.has(.cpu) ? try? scratch.directory(.cpu).text("cpu.idle") : nil
        guard idle == "0" else { try Test.cancel("a controller is missing here") }
        #expect(words(try scratch.set("cpu.weight=20")) == ["applied"])
        try FileManager.default.removeItem(atPath: scratch.state)
        let before = try scratch.everything()
        #expect(words(try scratch.set("cpu.idle=1")) == ["applied", "applied"])
        let restored = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(!restored.contains { $0.isLeft }, "\(restored.map(\.outcome))")
        #expect(try scratch.everything() == before)
    }

    @Test func quotaPeriodAndBurstChangeInAnyDirection() throws {
        guard scratch.has(.cpu) else { try Test.cancel("a controller is missing here") }
        let burst = try? scratch.directory(.cpu).text(
            scratch.isUnified(.cpu) ? "cpu.max.burst" : "cpu.cfs_burst_us")
        for (quota, period, size) in [
            ("1cpus", "100ms", "100ms"), ("0.1cpus", "10ms", "1ms"), ("2cpus", "1s", "2s"),
            ("0.5cpus", "20ms", "5ms"), ("max", "100ms", "0"), ("0.25cpus", "200ms", "50ms"),
        ] {
            var wishes = ["cpu.max=\(quota)", "cpu.max.period=\(period)"]
            if burst != nil { wishes.append("cpu.max.burst=\(size)") }
            let results = LimitTransaction(
                try scratch.plan(wishes), in: ActingContext(scratch.set, journal: scratch.journal)
            ).apply()
            let outcomes = words(results)
            #expect(!results.contains { !$0.isSuccess }, "\(wishes): \(outcomes)")
        }
    }

    @Test func memoryAndSwapLimitsChangeInAnyDirection() throws {
        guard scratch.has(.memory) else { try Test.cancel("a controller is missing here") }
        for (memory, total) in [
            ("100MiB", "200MiB"), ("300MiB", "400MiB"), ("350MiB", "350MiB"), ("50MiB", "60MiB"),
            ("max", "max"), ("10MiB", "max"), ("20MiB", "20MiB"),
        ] {
            let results = try scratch.set("memory.max=\(memory)", "memory.memsw.max=\(total)")
            let outcomes = words(results)
            #expect(!results.contains { !$0.isSuccess }, "\(memory) \(total): \(outcomes)")
        }
    }

    @Test func roundingToPagesIsReported() throws {
        guard scratch.has(.memory) else { try Test.cancel("a controller is missing here") }
        #expect(words(try scratch.set("memory.max=1001kB")) == ["rounded"])
    }

    @Test func oneRefusedLimitRollsBackAll() throws {
        guard scratch.has(.pids), scratch.has(.cpu) else {
            try Test.cancel("a controller is missing here")
        }
        let before = try scratch.everything()
        let faulty = FaultingControlFiles()
        faulty.fail("pids.max", 22)
        let plan = try scratch.plan(["cpu.max=0.5cpus", "cpu.weight=20", "pids.max=50"])
        let results = LimitTransaction(
            plan, in: ActingContext(scratch.set, files: faulty, journal: scratch.journal)
        ).apply()
        #expect(words(results).sorted() == ["failed", "rolledBack", "rolledBack"])
        #expect(try scratch.everything() == before)
        #expect(try scratch.journal.entries().isEmpty)
    }

    @Test func limitBelowUsageIsRefusedOrReachedByShrinking() throws {
        guard scratch.has(.memory) else { try Test.cancel("a controller is missing here") }
        let isUnified = scratch.isUnified(.memory)
        // 64 MiB of page cache, which can be reclaimed (or swapped out, on a tmpfs), belong to the cgroup.
        let place = try scratch.directory(.memory)
        let root = place.hierarchy.directory.pathText + scratch.path.description
        let file = "/var/tmp/\(scratch.path.name)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let script = """
            echo $$ > '\(root)/cgroup.procs'
            head -c 67108864 /dev/zero > '\(file)'
            sync '\(file)'
            """
        let shell = try Process.run(URL(filePath: "/bin/sh"), arguments: ["-c", script])
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        let usage = try place.text(isUnified ? "memory.current" : "memory.usage_in_bytes")
        try #require((UInt64(usage) ?? 0) > 32 << 20, "the kernel charged \(usage) bytes")
        do {
            _ = try scratch.set("memory.max=16MiB")
            Issue.record("a limit below usage was not refused")
        } catch let error as ActuationError {
            #expect(error.code == .refused)
        }
        let results = try scratch.set("memory.max=16MiB", shrink: true)
        let after = try place.text(isUnified ? "memory.current" : "memory.usage_in_bytes")
        #expect(words(results) == ["applied"], "\(usage) -> \(after): \(results[0].outcome)")
    }

    /// What each limit is set to, alone; those that this kernel lacks are told apart by the plan.
    private static let wishes =
        [
            "memory.max=64MiB", "memory.soft_limit=32MiB", "memory.high=48MiB", "memory.low=8MiB",
            "memory.min=4MiB", "memory.swap.max=16MiB", "memory.oom.group=1",
            "memory.zswap.max=4MiB",
            "cpu.max=1.5cpus", "cpu.max.period=20ms", "cpu.weight=5000", "cpu.idle=1",
            "cpuset.cpus=all", "cpuset.mems=all", "pids.max=9", "io.weight=200",
            "hugetlb.2MB.max=4MiB", "net_cls.classid=1:10", "net_prio.ifpriomap=lo:3",
            "devices.deny=c 1:3 w",
        ] + (disk.map { ["io.max=\($0):wiops=100/s", "io.latency=\($0):10ms"] } ?? [])

    @Test func eachLimitIsAppliedAndRestoredSeparately() throws {
        var applied: [String] = []
        for wish in Self.wishes {
            let before = try scratch.everything()
            let plan: LimitPlan
            do {
                plan = try scratch.plan([wish])
            } catch let error as ActuationError where error.code == .unavailable {
                continue
            }
            let results = LimitTransaction(
                plan, in: ActingContext(scratch.set, journal: scratch.journal)
            ).apply()
            let outcomes = results.map { "\($0.write.cell) \($0.outcome) \($0.readBack ?? "")" }
            #expect(!results.contains { !$0.isSuccess }, "\(wish): \(outcomes)")
            applied.append(wish)
            let restored = try Restorer(set: scratch.set, journal: scratch.journal).restore()
            #expect(!restored.contains { $0.isLeft }, "\(wish): \(restored.map(\.outcome))")
            #expect(try scratch.everything() == before, "\(wish)")
        }
        #expect(applied.count >= 6, "only \(applied)")
        print("applied here: \(applied.joined(separator: ", "))")
    }

    @Test func impossiblePartitionIsReportedIneffective() throws {
        guard scratch.has(.cpuset), scratch.isUnified(.cpuset) else {
            try Test.cancel("partitions are v2's")
        }
        // Without its own CPUs there is nothing to release.
        let results = try scratch.set("cpuset.cpus.partition=root")
        #expect(words(results) == ["ineffective"], "\(results[0].readBack ?? "")")
        let restored = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(!restored.contains { $0.isLeft })
        #expect(try scratch.directory(.cpuset).text("cpuset.cpus.partition") == "member")
    }

    @Test func unreachableV1LimitIsRetriedAndFails() throws {
        guard scratch.has(.memory), !scratch.isUnified(.memory), Self.swapIsOff else {
            try Test.cancel("it needs v1 memory and no swap")
        }
        let place = try scratch.directory(.memory)
        let procs = place.hierarchy.directory.pathText + "\(scratch.path)/cgroup.procs"
        let script = """
            echo $$ > '\(procs)'
            exec python3 -c 'import sys
            held = bytearray(b"x") * (48 << 20)
            print("held", flush=True)
            sys.stdin.read()'
            """
        let holder = Process()
        holder.executableURL = URL(filePath: "/bin/sh")
        holder.arguments = ["-c", script]
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        #expect(try output.fileHandleForReading.read(upToCount: 4) == Data("held".utf8))
        let waits = PauseLog()
        let results = LimitTransaction(
            try scratch.plan(["memory.max=16MiB"], force: true),
            in: ActingContext(scratch.set, journal: scratch.journal), pause: waits.pause
        ).apply()
        #expect(words(results) == ["failed"])
        #expect(waits.durations == [.seconds(1), .seconds(2), .seconds(4)])
        #expect(try place.text("memory.limit_in_bytes") == "9223372036854771712")
        #expect(try scratch.journal.entries().isEmpty)
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
    }

    private static let swapIsOff =
        (try? String(contentsOfFile: "/proc/swaps", encoding: .utf8))?.split(separator: "\n").count
        == 1

    /// Row 42: the kernel takes a limit of its own memory and does not act on it.
    @Test func kernelMemoryLimitIsReportedIneffective() throws {
        guard scratch.has(.memory), !scratch.isUnified(.memory),
            case let memory = try scratch.directory(.memory),
            let old = try? memory.text("memory.kmem.limit_in_bytes")
        else { try Test.cancel("it needs v1 memory with memory.kmem") }
        // The planner does not even offer it.
        #expect(throws: LimitError.self) { try scratch.plan(["memory.kmem.max=16MiB"]) }
        let write = try #require(
            PlannedWrite(
                name: "memory.kmem.max", instance: nil, directory: memory,
                cell: "memory.kmem.limit_in_bytes", coding: .number(unlimited: "-1"), rawOld: old,
                new: .number(16_777_216), direction: .narrows,
                nesting: 0))
        let results = LimitTransaction(
            // Nor does the journal record it.
            LimitPlan([write]), in: ActingContext(scratch.set)
        ).apply()
        #expect(words(results) == ["ineffective"])
        #expect(try memory.text("memory.kmem.limit_in_bytes") == old)
    }

    /// Row 41: no limit is a 0 on v1, which takes the disk's line away; a disk that is not there is
    /// the kernel's ENODEV.
    @Test func unlimitedDiskLimitIsZeroOnV1() throws {
        guard scratch.has(.io), !scratch.isUnified(.io), let disk = Self.disk else {
            try Test.cancel("it needs blkio of v1 and a disk")
        }
        let place = try scratch.directory(.io)
        let file = "blkio.throttle.write_bps_device"
        #expect(words(try scratch.set("io.max=\(disk):wbps=1MB/s")) == ["applied"])
        #expect(try place.text(file).hasSuffix(" 1000000"))
        let written = try scratch.plan(["io.max=\(disk):wbps=max"]).writes
        #expect(written.map { $0.command.hasSuffix(" 0") } == [true])
        #expect(words(try scratch.set("io.max=\(disk):wbps=max")) == ["applied"])
        #expect(try place.text(file) == "")
        let missing = try #require(
            PlannedWrite(
                name: "io.max.wbps", instance: "4000:7", directory: place,
                cell: ControlCell(file, line: "4000:7", missing: "0"),
                coding: .number(unlimited: "0"), rawOld: "0", new: .number(1_000_000),
                direction: .narrows, nesting: 0))
        let results = LimitTransaction(
            LimitPlan([missing]), in: ActingContext(scratch.set, journal: scratch.journal)
        ).apply()
        guard case .failed(let error) = results[0].outcome else {
            Issue.record("\(results[0].outcome)")
            return
        }
        #expect(error.errno == .noDevice)
        #expect(try scratch.journal.entries().isEmpty)
    }
}
