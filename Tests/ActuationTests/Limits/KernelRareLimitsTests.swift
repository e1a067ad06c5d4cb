import Actuation
import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import Testing

/// Limits that few kernels have, each separately: set, read back, restored.
@Suite(.enabled(if: LimitScratch.isPossible, "no cgroup can be made here"))
struct KernelRareLimitsTests {
    private let scratch: LimitScratch

    init() throws { scratch = try LimitScratch() }

    /// Sets each, reads it under its name, and puts it back; cancels where the kernel has none.
    private func exercise(_ wishes: [String], expecting shown: [String: String]) throws {
        let before = try scratch.everything()
        let plan: LimitPlan
        do {
            plan = try scratch.plan(wishes)
        } catch let error as ActuationError where error.code == .unavailable {
            try Test.cancel("\(error.message)")
        }
        let results = LimitTransaction(
            plan, in: ActingContext(scratch.set, journal: scratch.journal)
        ).apply()
        let outcomes = results.map { "\($0.write.cell) \($0.outcome) \($0.readBack ?? "")" }
        #expect(
            results.allSatisfy { if case .applied = $0.outcome { true } else { false } },
            "\(outcomes)")
        let reader = LimitReader(scratch.path, in: scratch.set)
        for (name, wanted) in shown {
            let limit = try #require(LimitCatalog.limit(named: name))
            let texts = reader.read(limit).compactMap { try? $0.value.get() }
                .map { limit.grammar.text($0) }
            #expect(texts == [wanted], "\(name)")
        }
        let restored = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(!restored.contains { $0.isLeft }, "\(restored.map(\.outcome))")
        #expect(try scratch.everything() == before)
        #expect(try scratch.journal.entries().isEmpty)
    }

    @Test func zswapLimitIsSetAndRestored() throws {
        try exercise(["memory.zswap.max=4MiB"], expecting: ["memory.zswap.max": "4MiB"])
    }

    @Test func zswapWritebackIsSetAndRestored() throws {
        try exercise(["memory.zswap.writeback=0"], expecting: ["memory.zswap.writeback": "0"])
    }

    @Test func swapHighIsSetAndRestored() throws {
        try exercise(["memory.swap.high=8MiB"], expecting: ["memory.swap.high": "8MiB"])
    }

    @Test func utilizationClampsAreSetAndRestored() throws {
        try exercise(
            ["cpu.uclamp.min=12.34%", "cpu.uclamp.max=50%"],
            expecting: ["cpu.uclamp.min": "12.34%", "cpu.uclamp.max": "50.00%"])
    }

    @Test func depthAndDescendantLimitsAreSetAndRestored() throws {
        try exercise(
            ["cgroup.max.depth=3", "cgroup.max.descendants=0"],
            expecting: ["cgroup.max.depth": "3", "cgroup.max.descendants": "0"])
    }

    @Test func exclusiveCPUsAreSetAndRestored() throws {
        try exercise(["cpuset.cpus.exclusive=0"], expecting: ["cpuset.cpus.exclusive": "0"])
    }

    @Test(arguments: ["idle", "restrict-to-be"]) func ioPriorityClassIsSetAndRestored(
        _ name: String
    ) throws {
        try exercise(["io.prio.class=\(name)"], expecting: ["io.prio.class": name])
    }

    @Test func ioLatencyIsSetAndRestored() throws {
        guard let disk = KernelLimitsTests.disk else { try Test.cancel("there is no disk here") }
        try exercise(["io.latency=\(disk):10ms"], expecting: ["io.latency.target": "10ms"])
    }

    @Test func rdmaLimitsAreSetAndRestored() throws {
        let devices = try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/infiniband")
        guard let device = devices?.first else { try Test.cancel("there is no RDMA device here") }
        try exercise(
            ["rdma.max=\(device):hca_handle=3,hca_object=40"],
            expecting: ["rdma.max.hca_handle": "3", "rdma.max.hca_object": "40"])
    }

    @Test func miscLimitsAreSetAndRestored() throws {
        let index = scratch.set.legacy(.misc) ?? scratch.set.unified
        let root = index.map { scratch.set.hierarchies[$0].directory.pathText } ?? ""
        let text = try? String(contentsOfFile: "\(root)/misc.capacity", encoding: .utf8)
        guard let resource = text?.split(whereSeparator: \.isWhitespace).first else {
            try Test.cancel("this machine has no miscellaneous resource, such as sev")
        }
        try exercise(["misc.max=\(resource):1"], expecting: ["misc.max": "1"])
    }
}
