import Actuation
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

@Suite(.enabled(if: ScratchCgroup.isPossible, "no cgroup can be made here"))
struct KernelLimitsTests {
    private let scratch: ScratchCgroup

    init() throws { scratch = try ScratchCgroup() }

    private func words(_ results: [LimitResult]) -> [String] {
        results.map { "\($0.outcome)".prefix { $0 != "(" }.description }
    }

    /// A disk that limits can be set on.
    static let disk: String? = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
        return names.sorted().first { $0.hasPrefix("vd") || $0.hasPrefix("sd") }
    }()

    @Test func everyKindIsSetReadBackAndRestoredToTheByte() throws {
        var wishes: [String] = []
        if scratch.has(.memory) {
            wishes += ["memory.max=100MiB", "memory.total=120MiB", "memory.soft=50MiB"]
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
            try scratch.plan(wishes), journal: scratch.journal, cause: "test"
        ).apply()
        for result in results {
            guard case .applied = result.outcome else {
                Issue.record("\(result.write.name): \(result.outcome) \(result.readBack ?? "")")
                continue
            }
        }
        let reader = LimitReader(scratch.path, in: scratch.set)
        for (name, wanted) in [
            ("memory.max", "100MiB"), ("memory.total", "120MiB"), ("cpu.max", "0.5cpus"),
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

    @Test func anIdleCgroupGetsItsWeightBack() throws {
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

    @Test func quotaPeriodAndBurstMoveInAllDirections() throws {
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
                try scratch.plan(wishes), journal: scratch.journal
            ).apply()
            let outcomes = words(results)
            #expect(!results.contains { !$0.isSuccess }, "\(wishes): \(outcomes)")
        }
    }

    @Test func memoryAndSwapMoveInAllDirections() throws {
        guard scratch.has(.memory) else { try Test.cancel("a controller is missing here") }
        for (memory, total) in [
            ("100MiB", "200MiB"), ("300MiB", "400MiB"), ("350MiB", "350MiB"), ("50MiB", "60MiB"),
            ("max", "max"), ("10MiB", "max"), ("20MiB", "20MiB"),
        ] {
            let results = try scratch.set("memory.max=\(memory)", "memory.total=\(total)")
            let outcomes = words(results)
            #expect(!results.contains { !$0.isSuccess }, "\(memory) \(total): \(outcomes)")
        }
    }

    @Test func theKernelRoundsToPagesAndItIsSaid() throws {
        guard scratch.has(.memory) else { try Test.cancel("a controller is missing here") }
        #expect(words(try scratch.set("memory.max=1001kB")) == ["rounded"])
    }

    @Test func oneRefusalUndoesAll() throws {
        guard scratch.has(.pids), scratch.has(.cpu) else {
            try Test.cancel("a controller is missing here")
        }
        let before = try scratch.everything()
        let faulty = FaultingControlFiles()
        faulty.fail("pids.max", 22)
        let plan = try scratch.plan(["cpu.max=0.5cpus", "cpu.weight=20", "pids.max=50"])
        let results = LimitTransaction(plan, journal: scratch.journal, files: faulty).apply()
        #expect(words(results).sorted() == ["failed", "rolledBack", "rolledBack"])
        #expect(try scratch.everything() == before)
        #expect(try scratch.journal.entries().isEmpty)
    }

    @Test func aLimitBelowUsageIsRefusedOrShrunkTo() throws {
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
}
