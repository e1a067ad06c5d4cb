import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

/// Settings of the cgroups of a pool, and of cgroups that were renamed.
@Suite struct PoolSettingTests {
    private let machine: FakeMachine

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
    }

    private func poolEffect(_ id: Effect.ID, _ path: String, _ pids: UInt64) throws -> Effect {
        Effect(
            id: id, origin: .pool("fast"), target: try machine.target(path),
            kind: .set([.of("pids.max", pids)]), chain: id, isTogether: true, cause: Cause("x"))
    }

    /// A member that could not be set, such as any below kubepods, failed the whole pool.
    @Test func poolIsAppliedWithoutAMemberThatFails() throws {
        try machine.usual("/b")
        let files = ScriptedFiles { file, directory throws(IOError) in
            if directory.path == CgroupPath("/a") { throw IOError("write", file, code: EPERM) }
        }
        let results = machine.actions(files).perform(
            [try poolEffect(1, "/a", 7), try poolEffect(2, "/b", 8)]) { _ in }
        #expect(results.sorted { $0.id < $1.id }.map(\.outcome.word) == ["failed", "done"])
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.text("pids/b/pids.max") == "8")
        #expect(try machine.journal.entries().map { "\($0.path)" } == ["/b"])
    }

    /// Each refusal set, and took back, everything before it again.
    @Test func everyMemberOfAPoolIsWrittenOnceHoweverManyRefuse() throws {
        let paths = (0..<12).map { "/m\($0)" }
        for path in paths { try machine.usual(path) }
        let refusing = Set((0..<12).filter { $0 % 3 != 1 }.map { CgroupPath("/m\($0)") })
        let files = ScriptedFiles { file, directory throws(IOError) in
            if refusing.contains(directory.path) { throw IOError("write", file, code: EPERM) }
        }
        let effects = try paths.enumerated().map {
            try poolEffect(UInt64($0.offset), $0.element, 7)
        }
        let results = machine.actions(files).perform(effects) { _ in }
        let words = results.sorted { $0.id < $1.id }.map(\.outcome.word)
        #expect(words == (0..<12).map { $0 % 3 == 1 ? "done" : "failed" })
        #expect(files.written == Array(repeating: "pids.max=7", count: 4))
        #expect(Set(results.map(\.id)).count == results.count)
    }

    /// A plan that is refused does not make the others plan again for each refusal.
    @Test func refusedMembersOfAPoolAreAllLeftOutAtOnce() throws {
        try machine.usual("/b")
        var effects = [try poolEffect(99, "/b", 8)]
        for index in 0..<6 {
            try machine.usual("/kubepods/pod\(index)")
            effects.append(try poolEffect(UInt64(index), "/kubepods/pod\(index)", 7))
        }
        let results = machine.actions().perform(effects) { _ in }
        #expect(results.map(\.outcome.word) == Array(repeating: "vetoed", count: 6) + ["done"])
        #expect(try machine.text("pids/b/pids.max") == "8")
    }

    @Test(arguments: [false, true])
    func podsOfTheKubeletAreChangedOnlyIfAllowed(isAllowed: Bool) throws {
        try machine.usual("/b")
        try machine.usual("/kubepods/pod1")
        var protection = Protection()
        protection.allowsKubelet = isAllowed
        let results = machine.actions(protection: protection).perform(
            [try poolEffect(1, "/kubepods/pod1", 7), try poolEffect(2, "/b", 8)]) { _ in }
        let sorted = results.sorted { $0.id < $1.id }
        #expect(sorted.map(\.outcome.word) == [isAllowed ? "done" : "vetoed", "done"])
        #expect(isAllowed || "\(sorted[0].outcome)".contains("kubelet"))
        #expect(try machine.text("pids/kubepods/pod1/pids.max") == (isAllowed ? "7" : "max"))
        #expect(try machine.text("pids/b/pids.max") == "8")
        // What plans and what acts ask the same judge, also about what gives more.
        let protected = ProtectedSet(machine.set, protection)
        let refusal = protected.refusal(of: .pin, on: CgroupPath("/kubepods/pod1"))
        #expect((refusal == nil) == isAllowed)
        let planner = LimitPlanner(ActingContext(machine.set, protected: protected))
        let pids = try LimitRequest.all(
            parsing: "pids.max=max",
            host: HostFacts(memoryBytes: nil, cpus: RangeList(0..<4), nodes: [:]))[0]
        try machine.file("cgroup/pids/kubepods/pod1/pids.max", "3\n")
        let selection = planner.planEach([pids], on: CgroupPath("/kubepods/pod1"))
        #expect(selection.refused.isEmpty == isAllowed)
    }

    @Test func valueOfARenamedCgroupIsRestored() throws {
        #expect(machine.actions().once(.make(1, three, on: try machine.target())).outcome == .done)
        for tree in ["memory", "cpu", "pids"] {
            try FileManager.default.moveItem(
                atPath: "\(machine.root)/cgroup/\(tree)/a",
                toPath: "\(machine.root)/cgroup/\(tree)/z")
        }
        let keys = ["memory.max", "pids.max", "cpu.max"].map { LimitKey($0) }
        let restored = machine.actions().once(
            .make(2, .restore(keys), on: try machine.target("/z")))
        #expect(restored.outcome == .done)
        #expect(try machine.text("pids/z/pids.max") == "max")
        #expect(try machine.text("memory/z/memory.limit_in_bytes") == "209715200")
        #expect(try machine.journal.entries().isEmpty)
    }
}
